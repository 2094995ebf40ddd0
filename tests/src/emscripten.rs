//! Programs that Emscripten builds: what their head comments ask for, how they are built in each mode, and how they run
//! under Emscripten's own JavaScript. `tests/programs/emscripten/README.md` describes the comments.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::{binary, root, tool};

/// Where the programs are.
pub const FOLDER: &str = "tests/programs/emscripten";

/// A way to build a program, and emcc's flags for it.
const MODES: &[(&str, &[&str])] = &[
    ("O1", &["-O1", "-sALLOW_MEMORY_GROWTH"]),
    ("O2", &["-O2"]),
    ("standalone", &["-O2", "-sSTANDALONE_WASM"]),
    ("exceptions", &["-O1", "-fexceptions"]),
    ("wasm-exceptions", &["-O2", "-fwasm-exceptions"]),
    ("wasm-longjmp", &["-O2", "-sSUPPORT_LONGJMP=wasm"]),
    ("threads", &["-O1", "-pthread", "-sINITIAL_MEMORY=64MB", "-sEXIT_RUNTIME"]),
    ("threads-proxied", &["-O1", "-pthread", "-sINITIAL_MEMORY=64MB", "-sEXIT_RUNTIME", "-sPROXY_TO_PTHREAD"]),
    ("dynamic", &["-O1", "-sMAIN_MODULE=1"]),
    ("dynamic2", &["-O1", "-sMAIN_MODULE=2"]),
    ("dynamic-threads", &["-O1", "-sMAIN_MODULE=1", "-pthread", "-sINITIAL_MEMORY=64MB", "-sEXIT_RUNTIME"]),
];
/// Flags that a side module is built with as well, where its main module is.
const SHARED_FLAGS: [&str; 4] = ["-fexceptions", "-fwasm-exceptions", "-sSUPPORT_LONGJMP=wasm", "-pthread"];

/// A program, as its head comment describes it.
#[derive(Debug)]
pub struct Program {
    source: PathBuf,
    /// Its folder and its name without an extension.
    pub name: String,
    directives: BTreeMap<String, Vec<String>>,
}

/// How a program is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// With this status.
    Is(i32),
    /// With any but 0.
    Abort,
}

/// Whether Emscripten's compiler is here; says so if not.
pub fn is_here() -> bool {
    let is_here = tool::find("emcc").is_some();
    if !is_here {
        crate::say("emcc is not here (Debian's package emscripten)");
    }
    is_here
}

/// The programs in the folder `family`, in order.
pub fn programs(family: &str) -> Result<Vec<Program>> {
    let folder = root().join(FOLDER).join(family);
    let mut programs = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let source = entry?.path();
        if source.extension().is_some_and(|extension| extension == "c" || extension == "cpp") {
            let program = Program::read(source)?;
            // What has no modes is part of another.
            if program.directives.contains_key("modes") {
                programs.push(program);
            }
        }
    }
    programs.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(programs)
}

impl Program {
    fn read(source: PathBuf) -> Result<Self> {
        let text = std::fs::read_to_string(&source).with_context(|| source.display().to_string())?;
        let mut directives = BTreeMap::<String, Vec<String>>::new();
        for line in text.lines().skip(1).map_while(|line| line.strip_prefix("// ")) {
            if let Some((key, value)) = line.split_once(':') {
                directives.entry(key.trim().to_owned()).or_default().push(value.trim().to_owned());
            }
        }
        let below = source.strip_prefix(root().join(FOLDER))?.with_extension("");
        let name = below.to_str().context("a name that is not UTF-8")?.to_owned();
        Ok(Self { source, name, directives })
    }

    fn words(&self, key: &str) -> Result<Vec<String>> {
        let lines = self.directives.get(key).map(|lines| lines.join(" ")).unwrap_or_default();
        words(&lines).with_context(|| format!("{}: {key}", self.name))
    }

    /// The modes that it is built in.
    pub fn modes(&self) -> Result<Vec<String>> {
        self.words("modes")
    }

    /// Whether the sources of others that it is built with are here, after fetching them if they can be; says so if not.
    pub fn has_sources(&self) -> bool {
        let lines = ["sources", "include"].iter().filter_map(|key| self.directives.get(*key)).flatten();
        let missing = lines.filter_map(|line| fetched(line).err()).next();
        if let Some(error) = &missing {
            crate::say(&format!("{} is left out: {error:#}", self.name));
        }
        missing.is_none()
    }

    /// Its arguments.
    pub fn arguments(&self) -> Result<Vec<String>> {
        self.words("arguments")
    }

    /// What it is to be granted besides its standard streams.
    pub fn grants(&self) -> Result<Vec<String>> {
        /// As the programs have it.
        const ADDRESS: &str = "127.0.0.1:28199";
        let needs = self.words("needs")?;
        ensure!(needs.iter().all(|need| need == "network"), "{}: needs {needs:?}", self.name);
        let options = ["--tcplisten", ADDRESS, "--tcpconnect", ADDRESS];
        Ok(if needs.is_empty() { Vec::new() } else { options.map(str::to_owned).to_vec() })
    }

    /// What it reads from its standard input.
    pub fn input(&self) -> Result<Vec<u8>> {
        if let Some(file) = self.words("stdin-file")?.first() {
            return Ok(std::fs::read(self.folder().join(file))?);
        }
        let text = self.directives.get("stdin").map(|lines| lines.concat()).unwrap_or_default();
        Ok(unescaped(&text).into_bytes())
    }

    /// How it is to end.
    pub fn status(&self) -> Result<Status> {
        Ok(match self.words("status")?.first().map(String::as_str) {
            None => Status::Is(0),
            Some("abort") => Status::Abort,
            Some(number) => Status::Is(number.parse()?),
        })
    }

    fn folder(&self) -> &Path {
        self.source.parent().expect("a file has a folder")
    }

    /// What it is to print, which Emscripten's JavaScript printed.
    pub fn expected(&self) -> Result<Vec<u8>> {
        let file = self.expected_file();
        std::fs::read(&file).with_context(|| format!("{} (BLESS=1 records it)", file.display()))
    }

    fn expected_file(&self) -> PathBuf {
        self.source.with_extension("expected")
    }

    /// Builds it: where its module is, with its JavaScript and side modules beside it. What was built from the same sources
    /// with the same flags is there already.
    pub fn build(&self, mode: &str) -> Result<PathBuf> {
        let folder = binary::directory()?.with_file_name("emscripten").join(&self.name).join(mode);
        std::fs::create_dir_all(&folder)?;
        let module = folder.join(self.source.file_name().context("a name")?).with_extension("wasm");
        let jobs = self.jobs(mode, &folder)?;
        let key = self.key(&jobs)?;
        let key_file = folder.join("key");
        if std::fs::read_to_string(&key_file).is_ok_and(|found| found == key) && module.is_file() {
            return Ok(module);
        }
        for mut job in jobs {
            tool::run(&mut job)?;
        }
        std::fs::write(key_file, key)?;
        Ok(module)
    }

    /// What is to be run to build it.
    fn jobs(&self, mode: &str, folder: &Path) -> Result<Vec<Command>> {
        let (_, mode_flags) = MODES.iter().find(|(name, _)| *name == mode).with_context(|| format!("mode {mode}"))?;
        let mut flags: Vec<String> = mode_flags.iter().map(|flag| (*flag).to_owned()).collect();
        flags.extend(self.words("flags")?);
        if mode == "standalone" {
            // There it holds always, and is refused.
            flags.retain(|flag| flag != "-sEXIT_RUNTIME");
        }
        let mut jobs = Vec::new();
        let linked = self.words("link")?;
        for side in linked.iter().chain(&self.words("side")?) {
            // `one.c+two` needs the module `two`.
            let mut parts = side.split('+');
            let source = self.folder().join(parts.next().context("a side module")?);
            let mut job = compiler(&source);
            job.args(["-O1", "-sSIDE_MODULE=1"])
                .args(flags.iter().filter(|flag| SHARED_FLAGS.contains(&flag.as_str())));
            job.arg(&source).args(parts.map(|needed| folder.join(format!("{needed}.wasm"))));
            job.arg("-o").arg(folder.join(source.file_name().context("a name")?).with_extension("wasm"));
            jobs.push(job);
        }
        let mut job = compiler(&self.source);
        job.args(&flags).arg(&self.source);
        for line in self.directives.get("sources").into_iter().flatten() {
            job.args(fetched(line)?);
        }
        for line in self.directives.get("include").into_iter().flatten() {
            job.args(fetched(line)?.into_iter().map(|path| format!("-I{}", path.display())));
        }
        for library in self.words("library")? {
            job.arg("--js-library").arg(self.folder().join(library));
        }
        for side in &linked {
            job.arg(folder.join(side.split('+').next().unwrap_or_default()).with_extension("wasm"));
        }
        job.arg("-o").arg(folder.join(self.source.file_name().context("a name")?).with_extension("js"));
        jobs.push(job);
        Ok(jobs)
    }

    /// Names what is built: the sources of all programs beside it that it could include, and the commands.
    fn key(&self, jobs: &[Command]) -> Result<String> {
        let mut hasher = DefaultHasher::new();
        format!("{jobs:?}").hash(&mut hasher);
        std::fs::read(root().join(FOLDER).join("show.h"))?.hash(&mut hasher);
        let mut own: Vec<PathBuf> = vec![self.source.clone()];
        let others = self.words("side")?.into_iter().chain(self.words("link")?).chain(self.words("library")?);
        own.extend(others.map(|side| self.folder().join(side.split('+').next().unwrap_or_default())));
        for entry in std::fs::read_dir(self.folder())? {
            own.extend(Some(entry?.path()).filter(|path| path.extension().is_some_and(|extension| extension == "h")));
        }
        own.sort();
        for source in own {
            std::fs::read(&source).with_context(|| source.display().to_string())?.hash(&mut hasher);
        }
        Ok(format!("{:016x}", hasher.finish()))
    }

    /// Records what Emscripten's JavaScript prints, if that is what is expected.
    pub fn record(&self) -> Result<()> {
        if self.directives.contains_key("by-hand") {
            return Ok(());
        }
        let mode = self.modes()?.first().cloned().context("a mode")?;
        let module = self.build(&mode)?;
        let mut node = Command::new(tool::find("node").context("node")?);
        node.arg("--no-experimental-fetch").arg(module.with_extension("js")).args(self.arguments()?);
        let output = run_with_input(&mut node, &self.input()?)?;
        std::fs::write(self.expected_file(), output.stdout)?;
        Ok(())
    }
}

/// Runs `command` in the folder of the module with `input`, to its end.
pub fn run_with_input(command: &mut Command, input: &[u8]) -> Result<Output> {
    command.env("TZ", "UTC").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("{command:?}"))?;
    let mut stdin = child.stdin.take().context("stdin is piped")?;
    std::thread::scope(|scope| {
        // A program need not read it.
        scope.spawn(move || drop(std::io::Write::write_all(&mut stdin, input)));
        Ok(child.wait_with_output()?)
    })
}

/// emcc or em++, for a source.
fn compiler(source: &Path) -> Command {
    let is_cpp = source.extension().is_some_and(|extension| extension == "cpp");
    let mut command = Command::new(if is_cpp { "em++" } else { "emcc" });
    // Where Debian has the packages that its Emscripten uses.
    command.env("NODE_PATH", "/usr/share/nodejs").env_remove("EM_CACHE");
    command
}

/// Files of a crate of the registry, which a line `NAME VERSION PATTERN…` names.
fn fetched(line: &str) -> Result<Vec<PathBuf>> {
    let words = words(line)?;
    let [name, version, patterns @ ..] = &words[..] else { bail!("no crate, version and files in {line:?}") };
    let folder = crate_folder(name, version)?;
    let mut files = Vec::new();
    for pattern in patterns {
        let before = files.len();
        match pattern.split_once('*') {
            None => files.push(folder.join(pattern)),
            Some((start, end)) => {
                let (directory, prefix) = start.rsplit_once('/').unwrap_or(("", start));
                let mut found: Vec<PathBuf> =
                    std::fs::read_dir(folder.join(directory))?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
                found.retain(|path| {
                    let name = path.file_name().map(OsString::from).unwrap_or_default();
                    name.to_str().is_some_and(|name| name.starts_with(prefix) && name.ends_with(end))
                });
                found.sort();
                files.extend(found);
            }
        }
        ensure!(files.len() > before, "{name} {version} has no {pattern}");
    }
    Ok(files)
}

/// The sources of a crate, unpacked.
fn crate_folder(name: &str, version: &str) -> Result<PathBuf> {
    let folder = binary::directory()?.with_file_name("emscripten").join("crates");
    let unpacked = folder.join(format!("{name}-{version}"));
    if !unpacked.is_dir() {
        std::fs::create_dir_all(&folder)?;
        let package = folder.join(format!("{name}-{version}.crate"));
        let address = format!("https://static.crates.io/crates/{name}/{name}-{version}.crate");
        tool::run(Command::new("curl").args(["-sSf", "-o"]).arg(&package).arg(address))?;
        let partial = folder.join(format!("{name}-{version}.partial"));
        std::fs::create_dir_all(&partial)?;
        tool::run(Command::new("tar").arg("xzf").arg(&package).arg("-C").arg(&partial))?;
        std::fs::rename(partial.join(format!("{name}-{version}")), &unpacked)?;
    }
    Ok(unpacked)
}

/// Words as a shell would split them, with double quotes.
fn words(line: &str) -> Result<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut is_quoted = false;
    for character in line.chars() {
        match character {
            '"' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            ' ' if !is_quoted => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    ensure!(!is_quoted, "a quote is not closed in {line:?}");
    words.extend(word);
    Ok(words)
}

/// Text with `\n`, `\t`, `\0` and `\\` as what they stand for.
fn unescaped(text: &str) -> String {
    let mut characters = text.chars();
    let mut result = String::new();
    while let Some(character) = characters.next() {
        match (character, characters.clone().next()) {
            ('\\', Some(escaped)) => {
                characters.next();
                result.push(match escaped {
                    'n' => '\n',
                    't' => '\t',
                    '0' => '\0',
                    other => other,
                });
            }
            (other, _) => result.push(other),
        }
    }
    result
}
