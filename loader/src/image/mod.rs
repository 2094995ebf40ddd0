//! An artifact, mapped, checked, relocated and protected.
//!
//! A file goes in, code that can run and metadata that can be trusted to lie inside the file come out. Code, the memory
//! image and what only reports need are not read here; what vouches for them is a cache's checksum or a signature.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use wasmc_contract::context::ContextLayout;
use wasmc_contract::exception::HandlerTable;
use wasmc_contract::metadata::{Dynamic, FunctionRecord, MemoryRecord, Metadata, Names, TypeRecord, optional};
use wasmc_contract::section::{Descriptor, Section, flag};
use wasmc_contract::target::Target;
use wasmc_contract::trap::{AddressMap, TrapTable};

use crate::error::{LoadError, SystemError};
use crate::memory::{Contents, Initial};
use crate::trap::registry as code_registry;
use crate::types::{TypeReader, ValueType};

#[cfg(any(windows, feature = "foreign-containers"))]
mod coff;
mod container;
mod describe;
mod dynamic;
#[cfg(any(target_os = "linux", feature = "foreign-containers"))]
mod elf;
#[cfg(any(target_os = "macos", feature = "foreign-containers"))]
mod macho;
#[cfg(target_os = "linux")]
mod map;
#[cfg(target_os = "macos")]
#[path = "map_macos/mod.rs"]
mod map;
#[cfg(windows)]
#[path = "map_windows.rs"]
mod map;
mod types;
#[cfg(windows)]
#[path = "unwind_windows.rs"]
mod unwind;
mod validate;

pub use describe::{ExportType, ImportType};
pub use dynamic::{DynamicLinking, Symbol};

/// A compiled module, ready to be instantiated any number of times, in any number of threads.
#[derive(Clone)]
pub struct Image {
    pub(crate) inner: Arc<ImageInner>,
}

/// The parts of an artifact. The slices are of memory that lives as long as the structure (or the program).
pub(crate) struct ImageInner {
    pub(crate) text: &'static [u8],
    pub(crate) metadata: Metadata<'static>,
    dynamic: Option<Dynamic<'static>>,
    pub(crate) tables: &'static [u8],
    image: &'static [u8],
    pub(crate) data: &'static [u8],
    traps: &'static [u8],
    addresses: &'static [u8],
    names: &'static [u8],
    pub(crate) handlers: HandlerTable<'static>,
    flags: u32,
    target: Target,
    pub(crate) layout: ContextLayout,
    /// By type index. What compiled code reads.
    pub(crate) type_identities: Box<[u32]>,
    /// The file and where in it the memory image starts; `None` for an image that is linked into the program.
    file: Option<(map::Kept, u64)>,
    /// The registration of the text; given back before the mapping goes.
    registration: Option<code_registry::Registration>,
    /// The mapping that the slices are of.
    mapping: Option<map::FileMapping>,
    /// What debuggers were told.
    debug: std::sync::Mutex<Option<crate::debug::Registration>>,
}

/// The addresses of an artifact's code for calls between host and module, for one type.
#[derive(Clone, Copy, Default)]
pub(crate) struct Trampolines {
    pub(crate) array_entry: Option<u64>,
    pub(crate) host_call: Option<u64>,
    pub(crate) host_array_call: Option<u64>,
}

/// A memory image of at most this size is copied: a mapping of its own would cost more.
const COPIED_BYTES_MAX: u64 = 8192;

/// Where in a file an artifact lies.
#[derive(Clone, Copy)]
struct Part {
    offset: u64,
    /// What follows the offset, if not given.
    length: Option<u64>,
}

impl Part {
    const WHOLE: Self = Self { offset: 0, length: None };

    /// How long the part of `file` is, which must be a regular one and reach so far.
    fn length_of(self, file: &File) -> Result<usize, LoadError> {
        let metadata =
            file.metadata().map_err(|source| SystemError { operation: "read the artifact's size", source })?;
        if !metadata.is_file() {
            return Err(LoadError::NotAnObject("it is not a regular file"));
        }
        let available = metadata.len().saturating_sub(self.offset);
        let length = self.length.unwrap_or(available);
        if length > available {
            return Err(LoadError::NotAnObject("the file ends before it"));
        }
        if length == 0 {
            return Err(LoadError::NotAnObject("the file is empty"));
        }
        usize::try_from(length).map_err(|_| LoadError::NotAnObject("it is larger than the address space"))
    }
}

/// The parts that a descriptor refers to.
struct Parts {
    text: &'static [u8],
    metadata: &'static [u8],
    tables: &'static [u8],
    image: &'static [u8],
    data: &'static [u8],
    traps: &'static [u8],
    addresses: &'static [u8],
    handlers: &'static [u8],
    names: &'static [u8],
}

impl Image {
    /// Maps the artifact at `path`. The file must not be changed in place as long as the image or an instance of it
    /// lives; replacing it is fine.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened, is no artifact, or is one for another machine.
    pub fn open(path: &Path) -> Result<Self, LoadError> {
        let file = File::open(path).map_err(|source| SystemError { operation: "open the artifact", source })?;
        Self::from_file(file)
    }

    /// Copies an artifact into memory of its own and maps that.
    ///
    /// # Errors
    ///
    /// As [`Image::open`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LoadError> {
        Self::map(map::anonymous_file(bytes)?, Part::WHOLE, false, is_own)
    }

    /// As [`Image::from_bytes`], also of another system's object, if its code is for this CPU: it is run with the
    /// calling convention of its system, and with arguments of host functions in arrays.
    ///
    /// # Errors
    ///
    /// As [`Image::open`].
    #[cfg(feature = "foreign-containers")]
    pub fn from_foreign_bytes(bytes: &[u8]) -> Result<Self, LoadError> {
        Self::map(map::anonymous_file(bytes)?, Part::WHOLE, false, crate::convention::is_for_this_cpu)
    }

    /// The image of a module that a linker put into this program. It is made once, and kept as long as the program runs.
    ///
    /// # Errors
    ///
    /// If the module was compiled by another version, or for CPU features that the machine lacks.
    ///
    /// # Safety
    ///
    /// `descriptor` must be a `PREFIX_module` symbol of an artifact that was linked into the program, and stay there.
    pub unsafe fn from_descriptor(descriptor: *const Descriptor) -> Result<Self, LoadError> {
        // Code that runs must be found as that of one image, which its store keeps: so there is no second one.
        static LINKED: std::sync::Mutex<Vec<(usize, Image)>> = std::sync::Mutex::new(Vec::new());
        let mut linked = LINKED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((_, image)) = linked.iter().find(|(address, _)| *address == descriptor.addr()) {
            return Ok(image.clone());
        }
        // SAFETY: the caller's promise.
        let image = unsafe { Self::from_linked(&*descriptor) }?;
        linked.push((descriptor.addr(), image.clone()));
        Ok(image)
    }

    /// # Safety
    ///
    /// As [`Image::from_descriptor`].
    unsafe fn from_linked(descriptor: &Descriptor) -> Result<Self, LoadError> {
        check_descriptor(descriptor, Target::host().ok_or(LoadError::Target(None))?)?;
        // SAFETY: the linker put the sections where the descriptor says, and the program keeps them.
        let part = |reference: wasmc_contract::section::SectionReference| unsafe {
            match reference.length_bytes {
                0 => &[][..],
                length => std::slice::from_raw_parts(reference.address as *const u8, length as usize),
            }
        };
        let parts = Parts {
            text: part(descriptor.text),
            metadata: part(descriptor.metadata),
            tables: part(descriptor.tables),
            image: part(descriptor.image),
            data: part(descriptor.data),
            traps: part(descriptor.traps),
            addresses: part(descriptor.addresses),
            handlers: part(descriptor.handlers),
            names: part(descriptor.names),
        };
        Self::new(descriptor, parts, None, None)
    }

    /// Maps an open artifact.
    ///
    /// # Errors
    ///
    /// As [`Image::open`].
    pub fn from_file(file: File) -> Result<Self, LoadError> {
        Self::map(map::artifact(file), Part::WHOLE, true, is_own)
    }

    /// Maps an artifact that is `length` bytes of an open file from `offset` on, as of an executable that carries one.
    /// `offset` must be a multiple of 64 KiB.
    ///
    /// # Errors
    ///
    /// As [`Image::open`].
    pub fn from_part(file: File, offset: u64, length: u64) -> Result<Self, LoadError> {
        Self::map(map::artifact(file), Part { offset, length: Some(length) }, true, is_own)
    }

    /// Maps an open artifact, or a copy of it where the system lets no file be executed that lies where it does.
    fn map(
        mut file: map::Artifact,
        part: Part,
        may_copy: bool,
        accepts: fn(Target) -> bool,
    ) -> Result<Self, LoadError> {
        let file_offset = part.offset;
        let mut mapping = map::FileMapping::new(&mut file, part)?;
        let bytes = mapping.bytes();
        let sections = container::Sections::parse(bytes, accepts)?;
        let target = sections.target;
        let (descriptor, ranges) = sections.relocated_descriptor(bytes)?;
        check_descriptor(&descriptor, target)?;
        let part = |section: Section| ranges[section as usize].clone().map_or(&[][..], |range| &bytes[range]);
        let mut parts = Parts {
            text: part(Section::Text),
            metadata: part(Section::Metadata),
            tables: part(Section::Tables),
            image: part(Section::Image),
            data: part(Section::Data),
            traps: part(Section::Traps),
            addresses: part(Section::Addresses),
            handlers: part(Section::Handlers),
            names: part(Section::Names),
        };
        match mapping.make_executable(parts.text) {
            Err(LoadError::System(error))
                if may_copy && error.source.kind() == std::io::ErrorKind::PermissionDenied =>
            {
                return Self::map(map::anonymous_file(bytes)?, Part::WHOLE, false, accepts);
            }
            text => parts.text = text?,
        }
        let image_offset = ranges[Section::Image as usize].as_ref().map_or(0, |range| file_offset + range.start as u64);
        Self::new(&descriptor, parts, map::keep(file).map(|file| (file, image_offset)), Some(mapping))
    }

    fn new(
        descriptor: &Descriptor,
        parts: Parts,
        file: Option<(map::Kept, u64)>,
        mapping: Option<map::FileMapping>,
    ) -> Result<Self, LoadError> {
        let handlers_malformed =
            LoadError::Malformed { section: Section::Handlers.elf_name(), cause: "its length does not fit its counts" };
        let metadata = Metadata::parse(parts.metadata).ok_or(validate::malformed("a list reaches past the end"))?;
        let target = Target::from_number(descriptor.target).ok_or(LoadError::Target(None))?;
        let layout = validate::validate(&metadata, &parts, target)?;
        let dynamic = match descriptor.flags & flag::DYNAMIC {
            0 => None,
            _ => Some(validate::dynamic(&metadata, parts.metadata)?),
        };
        let type_identities = types::identities(&metadata)?;
        let mut inner = ImageInner {
            text: parts.text,
            tables: parts.tables,
            image: parts.image,
            data: parts.data,
            traps: parts.traps,
            addresses: parts.addresses,
            names: parts.names,
            handlers: HandlerTable::parse(parts.handlers).ok_or(handlers_malformed)?,
            metadata,
            dynamic,
            flags: descriptor.flags,
            target,
            layout,
            type_identities,
            file,
            registration: None,
            mapping,
            debug: std::sync::Mutex::new(None),
        };
        inner.registration = Some(code_registry::Registration::new(inner.text));
        let inner = Arc::new(inner);
        if let Some(registration) = &inner.registration {
            registration.set_image(Arc::as_ptr(&inner));
        }
        Ok(Self { inner })
    }

    /// What the code was compiled for.
    pub fn target(&self) -> Target {
        self.inner.target
    }

    /// Bits of [`wasmc_contract::section::flag`].
    pub fn flags(&self) -> u32 {
        self.inner.flags
    }

    /// Whether the code can be stopped by an [`crate::InterruptHandle`].
    pub fn is_interruptible(&self) -> bool {
        self.inner.flags & flag::INTERRUPTIBLE != 0
    }

    /// Whether arithmetic gives the same results on every machine.
    pub fn has_canonical_nans(&self) -> bool {
        self.inner.flags & flag::CANONICAL_NANS != 0
    }

    /// Whether two images are one and the same.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// The name that the module gives the function at `index`.
    pub fn function_name(&self, index: u32) -> Option<&str> {
        Names::parse(self.inner.names)?.function(index)
    }

    /// The module's own name.
    pub fn module_name(&self) -> Option<&str> {
        let names = Names::parse(self.inner.names)?;
        names.string(names.module).filter(|name| !name.is_empty())
    }

    /// Tells gdb and profilers of the code.
    ///
    /// # Errors
    ///
    /// If a file that was asked for cannot be written.
    pub fn register_for_debugging(&self, options: crate::DebugOptions) -> Result<(), SystemError> {
        crate::debug::register(self, options)
    }

    /// The trampolines for the type at `type_index`.
    pub(crate) fn trampolines(&self, type_index: u32) -> Option<Trampolines> {
        let record = self.inner.metadata.types.at(type_index as usize)?;
        let address = |offset| optional(offset).map(|offset| self.text_address(offset));
        let trampolines = Trampolines {
            array_entry: address(record.array_entry),
            host_call: address(record.host_call),
            host_array_call: address(record.host_array_call),
        };
        Some(crate::convention::trampolines(self.target(), trampolines))
    }

    /// A type that is passed as these parameters and results are, and that has a trampoline to the host.
    pub(crate) fn type_index_by_shape(&self, parameters: &[ValueType], results: &[ValueType]) -> Option<u32> {
        let metadata = &self.inner.metadata;
        let has_shape = |record: &TypeRecord| {
            let count = parameters.len() + results.len();
            (optional(record.host_call).is_some() || optional(record.host_array_call).is_some())
                && record.parameters as usize == parameters.len()
                && record.results as usize == results.len()
                && metadata.value_types.slice(record.first_value_type as usize, count).is_some_and(|types| {
                    types.iter().zip(parameters.iter().chain(results)).all(|(record, value_type)| {
                        shape(self.inner.types().value(record).unwrap_or(ValueType::I32)) == shape(*value_type)
                    })
                })
        };
        metadata.types.iter().position(|record| has_shape(&record)).map(|index| index as u32)
    }

    pub(crate) fn text_address(&self, offset: u32) -> u64 {
        self.inner.text.as_ptr() as u64 + u64::from(offset)
    }

    /// The initial contents of a memory, if the image has some.
    pub(crate) fn initial(&self, record: &MemoryRecord) -> Option<Initial<'_>> {
        let (offset, length) = (record.image_offset_bytes, record.image_length_bytes);
        if length == 0 {
            return None;
        }
        let contents = match &self.inner.file {
            Some((file, start)) if length > COPIED_BYTES_MAX => {
                Contents::File { file: map::borrow(file), offset: start + offset, length }
            }
            _ => Contents::Bytes(self.inner.image.get(offset as usize..)?.get(..length as usize)?),
        };
        Some(Initial { address: record.image_address, contents })
    }
}

impl ImageInner {
    /// Reads what records say of types. Needs the identities.
    pub(crate) fn types(&self) -> TypeReader<'_> {
        TypeReader::loaded(&self.metadata, &self.type_identities)
    }

    /// The record of the function at `index`, its numbers checked.
    pub(crate) fn function(&self, index: u32) -> Option<FunctionRecord> {
        validate::function(&self.metadata, self.text.len(), index)
    }

    /// The function that the code at `offset` belongs to; `None` for trampolines.
    pub(crate) fn function_at(&self, offset: u32) -> Option<u32> {
        let next = self.metadata.functions.partition_point(|record| record.text_offset <= offset);
        let index = u32::try_from(next.checked_sub(1)?).ok()?;
        let record = self.metadata.functions.at(index as usize)?;
        // An imported function's code is a thunk, which no one wants to see.
        let is_defined = index >= self.metadata.header.imported_functions;
        (is_defined && offset - record.text_offset < record.text_length).then_some(index)
    }

    pub(crate) fn traps(&self) -> Option<TrapTable<'_>> {
        TrapTable::parse(self.traps)
    }

    pub(crate) fn address_map(&self) -> Option<AddressMap<'_>> {
        AddressMap::parse(self.addresses)
    }

    pub(crate) fn names(&self) -> Option<Names<'_>> {
        Names::parse(self.names)
    }

    /// The mapped file, if the image is of one.
    pub(crate) fn file_bytes(&self) -> Option<&[u8]> {
        self.mapping.as_ref().map(map::FileMapping::bytes)
    }

    pub(crate) fn debug(&self) -> &std::sync::Mutex<Option<crate::debug::Registration>> {
        &self.debug
    }
}

impl Drop for ImageInner {
    fn drop(&mut self) {
        // Nobody may find the text, nor a debugger its symbols, once the mapping is gone.
        self.registration = None;
        *self.debug.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner) = None;
        self.mapping = None;
    }
}

/// How a value is passed: all references alike.
fn shape(value_type: ValueType) -> ValueType {
    match value_type {
        ValueType::Reference(_) => ValueType::EXTERNREF,
        other => other,
    }
}

/// Whether code for `target` is what this loader runs.
fn is_own(target: Target) -> bool {
    Target::host() == Some(target)
}

/// Checks that the code can run here, in a container of the kind that `expected` has.
fn check_descriptor(descriptor: &Descriptor, expected: Target) -> Result<(), LoadError> {
    if descriptor.magic != wasmc_contract::section::MAGIC {
        return Err(LoadError::Malformed { section: Section::Descriptor.elf_name(), cause: "wrong magic number" });
    }
    let (version, revision) = (descriptor.contract_version, descriptor.contract_revision);
    if !wasmc_contract::is_readable(version, revision) {
        return Err(LoadError::Version { version, revision });
    }
    let target = Target::from_number(descriptor.target);
    if target != Some(expected) {
        return Err(LoadError::Target(target));
    }
    let unknown = descriptor.flags & !flag::ALL;
    if unknown != 0 {
        return Err(LoadError::Flags(unknown));
    }
    if descriptor.cpu_features != 0 {
        let needed = wasmc_contract::target::CpuFeatures(descriptor.cpu_features);
        let missing = needed.missing_in(crate::cpu::cpu_features(needed));
        if !missing.is_empty() {
            return Err(LoadError::CpuFeatures(missing));
        }
    }
    Ok(())
}

impl std::fmt::Debug for Image {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Image").field("text", &self.inner.text.as_ptr_range()).finish_non_exhaustive()
    }
}
