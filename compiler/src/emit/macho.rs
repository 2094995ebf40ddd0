//! Sections, symbols and references in, a Mach-O object's bytes out.
//!
//! ```text
//! object = header segment(section-header^*) build-version symtab dysymtab section^* relocation^* symbol^* strings
//! ```
//!
//! All sections lie in one segment, whose addresses start at 0 with the text: an address is the distance in the file.
//! The object never claims that its sections may be taken apart at symbols, since calls inside the text are resolved.

use object::Endianness;
use object::macho as numbers;
use object::write::StringTable;
use object::write::macho::{
    BuildVersionCommand, DysymtabCommand, Encoder, MachHeader, Nlist, SectionHeader, SegmentCommand, SymtabCommand,
};
use wasmc_contract::section::Section;
use wasmc_contract::target::Architecture;

use super::contents::Contents;
use super::eh_frame;
use crate::code::unwind::system_v::reference_bytes;
use crate::error::CompileError;

/// The oldest system that linkers take the object for: the first that runs on both CPUs.
const SYSTEM_MIN: numbers::Version = numbers::Version(11 << 16);

/// A section with its place: its address is the distance to the first.
struct Placed {
    header: SectionHeader,
    bytes: Vec<u8>,
}

/// Writes the object.
pub(super) fn write(contents: &Contents) -> Result<Vec<u8>, CompileError> {
    let encoder = Encoder::new(Endianness::Little, true);
    let sections = place(contents);
    let count = sections.len() as u32;
    let commands_bytes = encoder.segment_command_size(count)
        + encoder.build_version_command_size(0)
        + encoder.symtab_command_size()
        + encoder.dysymtab_command_size();
    let page_bytes = contents.target.page_bytes_max();
    let start = (encoder.mach_header_size() + commands_bytes).next_multiple_of(page_bytes);
    let size = sections.last().map_or(0, |section| section.header.addr + section.header.size);
    let references: Vec<(Section, usize)> = contents.references().collect();
    let relocations_start = (start + size).next_multiple_of(8);
    let symbols_start = relocations_start + references.len() as u64 * encoder.relocation_size();
    let strings_start = symbols_start + contents.symbols.len() as u64 * encoder.nlist_size();

    let names: Vec<String> = contents.symbols.iter().map(|symbol| format!("_{}", symbol.name)).collect();
    let mut strings = StringTable::default();
    let ids: Vec<_> = names.iter().map(|name| strings.add(name.as_bytes())).collect();
    let mut string_bytes = Vec::new();
    encoder.strtab(&mut string_bytes, &mut strings)?;
    if strings_start + string_bytes.len() as u64 > u64::from(u32::MAX) {
        return Err(CompileError::Object("a Mach-O object ends at 4 GiB".to_owned()));
    }

    let mut buffer = Vec::with_capacity(strings_start as usize + string_bytes.len());
    header(encoder, &mut buffer, contents.target.architecture, commands_bytes as u32);
    segment(encoder, &mut buffer, start, size, count);
    for (index, section) in sections.iter().enumerate() {
        let mut header = section.header.clone();
        header.offset = (start + header.addr) as u32;
        if index == Section::Descriptor as usize {
            (header.reloff, header.nreloc) = (relocations_start as u32, references.len() as u32);
        }
        encoder.section_header(&mut buffer, &header);
    }
    let version =
        BuildVersionCommand { platform: numbers::PLATFORM_MACOS, minos: SYSTEM_MIN, sdk: SYSTEM_MIN, ntools: 0 };
    encoder.build_version_command(&mut buffer, &version);
    symbol_commands(encoder, &mut buffer, contents, symbols_start, strings_start, string_bytes.len());

    for section in &sections {
        buffer.resize((start + section.header.addr) as usize, 0);
        buffer.extend_from_slice(&section.bytes);
    }
    buffer.resize(relocations_start as usize, 0);
    references.iter().for_each(|(section, offset)| reference(encoder, &mut buffer, *section, *offset));
    for (symbol, id) in contents.symbols.iter().zip(ids) {
        let external = if symbol.is_global { numbers::N_EXT } else { numbers::SymbolFlags(0) };
        encoder.nlist(
            &mut buffer,
            &Nlist {
                n_strx: strings.get_offset(id),
                n_type: numbers::N_SECT | external,
                n_sect: symbol.section as u8 + 1,
                n_desc: numbers::SymbolDesc(0),
                n_value: sections[symbol.section as usize].header.addr + symbol.offset,
            },
        );
    }
    buffer.append(&mut string_bytes);
    Ok(buffer)
}

/// Gives all sections their addresses, and fills in what refers to them.
fn place(contents: &Contents) -> Vec<Placed> {
    let mut address = 0_u64;
    let mut sections: Vec<Placed> = Vec::new();
    let mut add = |(segment, name): (&str, &str), bytes: &[u8], alignment: u64, flags: numbers::SectionFlags| {
        address = address.next_multiple_of(alignment);
        let header = SectionHeader {
            sectname: padded(name),
            segname: padded(segment),
            addr: address,
            size: bytes.len() as u64,
            offset: 0,
            align: alignment.trailing_zeros(),
            reloff: 0,
            nreloc: 0,
            flags,
            reserved1: 0,
            reserved2: 0,
            reserved3: 0,
        };
        address += bytes.len() as u64;
        sections.push(Placed { header, bytes: bytes.to_vec() });
    };
    for (section, bytes, alignment) in contents.sections() {
        let flags = match section {
            Section::Text => numbers::S_ATTR_PURE_INSTRUCTIONS | numbers::S_ATTR_SOME_INSTRUCTIONS,
            _ => numbers::SectionFlags(0),
        };
        add(section.macho_name(), bytes, alignment, flags);
    }
    let unwind = eh_frame::write(&contents.unwind);
    let flags = numbers::S_ATTR_NO_TOC | numbers::S_ATTR_STRIP_STATIC_SYMS | numbers::S_ATTR_LIVE_SUPPORT;
    add(("__TEXT", "__eh_frame"), &unwind.bytes, 8, flags.with_type(numbers::S_COALESCED));

    let addresses: Vec<u64> = sections.iter().map(|section| section.header.addr).collect();
    for (section, offset) in contents.references() {
        let descriptor = &mut sections[Section::Descriptor as usize].bytes;
        descriptor[offset..offset + 8].copy_from_slice(&addresses[section as usize].to_le_bytes());
    }
    // Distances inside of the segment are known, and compilers leave them without a relocation as well.
    const { assert!(reference_bytes(wasmc_contract::target::System::Macos) == 8) };
    let own = sections.last_mut().expect("it was just pushed");
    for (offset, target) in &unwind.references {
        let distance = target.wrapping_sub(own.header.addr + offset);
        own.bytes[*offset as usize..][..8].copy_from_slice(&distance.to_le_bytes());
    }
    sections
}

fn padded(name: &str) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    bytes
}

fn header(encoder: Encoder<Endianness>, buffer: &mut Vec<u8>, architecture: Architecture, sizeofcmds: u32) {
    let (cputype, cpusubtype) = match architecture {
        Architecture::X86_64 => (numbers::CPU_TYPE_X86_64, numbers::CPU_SUBTYPE_X86_64_ALL),
        Architecture::Aarch64 => (numbers::CPU_TYPE_ARM64, numbers::CPU_SUBTYPE_ARM64_ALL),
    };
    let flags = numbers::FileFlags(0);
    encoder.mach_header(
        buffer,
        &MachHeader {
            cputype,
            cpusubtype: cpusubtype.into(),
            filetype: numbers::MH_OBJECT,
            ncmds: 4,
            sizeofcmds,
            flags,
        },
    );
}

fn segment(encoder: Encoder<Endianness>, buffer: &mut Vec<u8>, fileoff: u64, size: u64, nsects: u32) {
    let all = numbers::VM_PROT_READ | numbers::VM_PROT_WRITE | numbers::VM_PROT_EXECUTE;
    encoder.segment_command(
        buffer,
        &SegmentCommand {
            segname: [0; 16],
            vmaddr: 0,
            vmsize: size,
            fileoff,
            filesize: size,
            maxprot: all,
            initprot: all,
            nsects,
            flags: numbers::SegmentFlags(0),
        },
    );
}

fn symbol_commands(
    encoder: Encoder<Endianness>,
    buffer: &mut Vec<u8>,
    contents: &Contents,
    symoff: u64,
    stroff: u64,
    strsize: usize,
) {
    let count = contents.symbols.len() as u32;
    let locals = contents.symbols.iter().take_while(|symbol| !symbol.is_global).count() as u32;
    encoder.symtab_command(
        buffer,
        &SymtabCommand { symoff: symoff as u32, nsyms: count, stroff: stroff as u32, strsize: strsize as u32 },
    );
    encoder.dysymtab_command(
        buffer,
        &DysymtabCommand {
            ilocalsym: 0,
            nlocalsym: locals,
            iextdefsym: locals,
            nextdefsym: count - locals,
            iundefsym: count,
            ..DysymtabCommand::default()
        },
    );
}

/// The relocation of the descriptor's word at `offset`, which holds the section's address.
fn reference(encoder: Encoder<Endianness>, buffer: &mut Vec<u8>, section: Section, offset: usize) {
    // The number is the same on both CPUs.
    let r_type = numbers::RelocationType(numbers::X86_64_RELOC_UNSIGNED.0);
    let (r_address, r_symbolnum) = (offset as u32, section as u32 + 1);
    encoder.relocation(
        buffer,
        &numbers::RelocationInfo { r_address, r_symbolnum, r_pcrel: false, r_length: 3, r_extern: false, r_type },
    );
}
