//! One tree of files, as hosts of POSIX programs give it: mounts on the host and in memory, what leads out of them, grants.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use wasmc_wasi::{Access, At, Errno, Family, FileTime, Interest, MemoryDirectory, Posix, Start, WasiBuilder, flags};

const HERE: At = At::WorkingDirectory;
const READ: u32 = 0;
const WRITE: u32 = 1;

/// A program with `/data` to write and `/ro` to read; of the host below `folder`, or in memory.
fn program(folder: Option<&Path>) -> Result<Posix> {
    let builder = WasiBuilder::new();
    let builder = match folder {
        Some(folder) => {
            for name in ["data", "ro"] {
                std::fs::create_dir(folder.join(name))?;
                std::fs::write(folder.join(name).join("file"), "content")?;
            }
            std::fs::write(folder.join("secret"), "secret")?;
            symlink("/etc/passwd", folder.join("data/absolute"))?;
            symlink("../secret", folder.join("data/up"))?;
            builder.directory(folder.join("data"), "/data", Access::ReadWrite).directory(
                folder.join("ro"),
                "ro",
                Access::ReadOnly,
            )
        }
        None => {
            let (data, read_only) = (MemoryDirectory::new(), MemoryDirectory::new());
            for directory in [&data, &read_only] {
                directory.write("file", "content")?;
            }
            data.symlink("/etc/passwd", "absolute")?;
            data.symlink("../secret", "up")?;
            builder.memory_directory(&data, "data", Access::ReadWrite).memory_directory(
                &read_only,
                "/ro",
                Access::ReadOnly,
            )
        }
    };
    Ok(builder.build_posix(Start::default())?)
}

/// Runs `check` on both.
fn on_both(check: impl Fn(&Posix) -> Result<()>) -> Result<()> {
    let folder = tempfile::tempdir()?;
    check(&program(Some(folder.path()))?)?;
    check(&program(None)?)
}

/// What comes of something, without what it gives.
fn outcome<T>(result: Result<T, Errno>) -> Result<(), Errno> {
    result.map(drop)
}

fn names(posix: &Posix, path: &str) -> Result<Vec<String>, Errno> {
    let descriptor = posix.open(HERE, path, READ | flags::DIRECTORY, 0)?;
    let mut names = Vec::new();
    posix.list(descriptor, |_, _, name, _| {
        names.push(String::from_utf8_lossy(name).into_owned());
        true
    })?;
    names.sort();
    Ok(names)
}

#[test]
fn granted_directories_are_parts_of_one_tree() -> Result<()> {
    on_both(|posix| {
        let listed = names(posix, "/").map_err(|error| anyhow::anyhow!("{error:?}"))?;
        ensure!(listed == [".", "..", "data", "dev", "home", "proc", "ro", "tmp"], "{listed:?}");
        for (path, mode) in
            [("/data/file", 0o100_000), ("ro/file", 0o100_000), ("/tmp", 0o040_000), ("/dev/null", 0o020_000)]
        {
            let found = posix.status(HERE, path, true).map(|status| status.mode & 0o170_000);
            ensure!(found == Ok(mode), "{path}: {found:?}");
        }
        ensure!(posix.change_directory("/data/../ro/.").is_ok() && posix.working_directory() == "/ro");
        ensure!(posix.check_access(HERE, "../data/file", 4).is_ok());
        ensure!(posix.check_access(HERE, "../../../data//file", 4).is_ok());
        Ok(())
    })
}

#[test]
fn nothing_leads_out_of_a_mount_but_through_the_tree() -> Result<()> {
    on_both(|posix| {
        ensure!(outcome(posix.open(HERE, "/data/up", READ, 0)) == Err(Errno::Noent));
        ensure!(outcome(posix.open(HERE, "/data/absolute", READ, 0)) == Err(Errno::Noent));
        ensure!(outcome(posix.open(HERE, "/data/../secret", READ, 0)) == Err(Errno::Noent));
        // The same links, with something of the program's own where they lead.
        posix.create_directory(HERE, "/etc", 0o755).map_err(|error| anyhow::anyhow!("{error:?}"))?;
        for path in ["/etc/passwd", "/secret"] {
            ensure!(posix.open(HERE, path, WRITE | flags::CREATE, 0o600).is_ok(), "{path}");
        }
        ensure!(posix.open(HERE, "/data/up", READ, 0).is_ok());
        ensure!(posix.open(HERE, "/data/absolute", READ, 0).is_ok());
        ensure!(posix.create_link("/data/file", HERE, "/tmp/in") == Ok(()));
        ensure!(posix.status(HERE, "/tmp/in", true).map(|status| status.size_bytes) == Ok(7));
        Ok(())
    })
}

#[test]
fn what_is_for_reading_is_not_changed() -> Result<()> {
    on_both(|posix| {
        let refused = [
            outcome(posix.open(HERE, "/ro/new", WRITE | flags::CREATE, 0o600)),
            outcome(posix.open(HERE, "/ro/file", WRITE, 0)),
            outcome(posix.open(HERE, "/ro/file", READ | flags::TRUNCATE, 0)),
            posix.create_directory(HERE, "/ro/new", 0o700),
            posix.create_link("file", HERE, "/ro/new"),
            posix.remove_file(HERE, "/ro/file"),
            posix.rename(HERE, "/ro/file", HERE, "/ro/other"),
            posix.set_permissions(HERE, "/ro/file", 0),
            posix.set_owner(HERE, "/ro/file", true),
            posix.set_times(HERE, "/ro/file", true, [FileTime::Now; 2]),
            posix.set_size("/ro/file", 0),
            posix.check_access(HERE, "/ro/file", 2),
        ];
        ensure!(refused.iter().all(|result| *result == Err(Errno::Rofs)), "{refused:?}");
        ensure!(posix.status(HERE, "/ro/file", true).map(|status| status.size_bytes) == Ok(7));
        Ok(())
    })
}

#[test]
fn mounts_stay_where_they_are() -> Result<()> {
    on_both(|posix| {
        ensure!(posix.rename(HERE, "/data/file", HERE, "/tmp/file") == Err(Errno::Xdev));
        ensure!(posix.rename(HERE, "/data", HERE, "/other") == Err(Errno::Busy));
        ensure!(posix.rename(HERE, "/tmp", HERE, "/data") == Err(Errno::Busy));
        ensure!(posix.remove_directory(HERE, "/data") == Err(Errno::Busy));
        ensure!(posix.remove_directory(HERE, "/") == Err(Errno::Busy));
        ensure!(posix.create_directory(HERE, "/", 0o777) == Err(Errno::Exist));
        ensure!(posix.remove_file(HERE, "/data") == Err(Errno::Isdir));
        Ok(())
    })
}

#[test]
fn open_directories_go_with_their_names() -> Result<()> {
    on_both(|posix| {
        let told = |error| anyhow::anyhow!("{error:?}");
        posix.create_directory(HERE, "/data/one", 0o755).map_err(told)?;
        let directory = posix.open(HERE, "/data/one", READ | flags::DIRECTORY, 0).map_err(told)?;
        posix.change_directory("/data/one").map_err(told)?;
        posix.rename(HERE, "/data/one", HERE, "/data/two").map_err(told)?;
        ensure!(posix.working_directory() == "/data/two");
        ensure!(posix.open(At::Descriptor(directory), "file", WRITE | flags::CREATE, 0o640).is_ok());
        let status = posix.status(HERE, "file", true).map_err(told)?;
        ensure!(status.mode == 0o100_640, "{:o}", status.mode);
        let link = posix.read_link(HERE, &format!("/proc/self/fd/{directory}")).map_err(told)?;
        ensure!(link == b"/data/two");
        ensure!(outcome(posix.open(At::Descriptor(directory), "none", READ, 0)) == Err(Errno::Noent));
        ensure!(outcome(posix.open(At::Descriptor(999), "file", READ, 0)) == Err(Errno::Badf));
        Ok(())
    })
}

#[test]
fn a_granted_root_holds_the_rest() -> Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("file"), "content")?;
    let posix = WasiBuilder::new().directory(folder.path(), ".", Access::ReadWrite).build_posix(Start::default())?;
    ensure!(posix.open(HERE, "file", READ, 0).is_ok());
    ensure!(posix.open(HERE, "/tmp/mine", WRITE | flags::CREATE, 0o600).is_ok());
    ensure!(posix.open(HERE, "/dev/null", WRITE, 0).is_ok());
    ensure!(posix.create_directory(HERE, "/made", 0o755) == Ok(()) && folder.path().join("made").is_dir());
    let listed = names(&posix, "/").map_err(|error| anyhow::anyhow!("{error:?}"))?;
    ensure!(["file", "made", "dev", "tmp"].iter().all(|name| listed.iter().any(|other| other == name)), "{listed:?}");
    // What is in memory was not made on the host.
    ensure!(!folder.path().join("dev").exists() && !folder.path().join("tmp").exists());
    Ok(())
}

#[test]
fn descriptors_are_shared_by_their_duplicates() -> Result<()> {
    let posix = program(None)?;
    let told = |error| anyhow::anyhow!("{error:?}");
    let file = posix.open(HERE, "/tmp/file", WRITE | flags::CREATE | flags::CLOSE_ON_EXEC, 0o600).map_err(told)?;
    ensure!(file == 3 && posix.closes_on_exec(file) == Ok(true));
    ensure!(posix.duplicate_from(file, 10, false) == Ok(10) && posix.closes_on_exec(10) == Ok(false));
    ensure!(posix.duplicate_from(file, 0, false) == Ok(4));
    ensure!(posix.duplicate_to(file, 20, false) == Ok(20));
    ensure!(posix.duplicate_to(file, file, false) == Err(Errno::Inval));
    ensure!(posix.duplicate_to(99, 5, false) == Err(Errno::Badf));
    ensure!(posix.duplicate_to(file, u32::MAX, false) == Err(Errno::Badf));
    ensure!(posix.set_flags(20, flags::APPEND) == Ok(()));
    ensure!(posix.flags(file).is_ok_and(|value| value & flags::APPEND != 0 && value & flags::ACCESS == WRITE));
    Ok(())
}

#[test]
fn what_a_file_was_opened_with_stays() -> Result<()> {
    on_both(|posix| {
        let told = |error| anyhow::anyhow!("{error:?}");
        let file = posix.open(HERE, "/data/file", WRITE | flags::SYNC | flags::NONBLOCK, 0).map_err(told)?;
        let is_synchronous = || posix.flags(file).is_ok_and(|value| value & flags::SYNC == flags::SYNC);
        ensure!(is_synchronous());
        ensure!(posix.set_flags(file, flags::APPEND) == Ok(()) && is_synchronous());
        let now = posix.flags(file).map_err(told)?;
        ensure!(now & (flags::APPEND | flags::NONBLOCK) == flags::APPEND, "{now:o}");
        ensure!(posix.set_flags(file, 0) == Ok(()) && is_synchronous());
        Ok(())
    })
}

#[test]
fn a_connection_on_its_way_is_told_of() -> Result<()> {
    let told = |error| anyhow::anyhow!("{error:?}");
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    // Of those that nobody accepts, the system takes one, and has the others try again.
    rustix::net::listen(&listener, 0)?;
    let first = std::net::TcpStream::connect(address)?;
    let posix = WasiBuilder::new().connect_to("127.0.0.1", address.port()).build_posix(Start::default())?;
    let client = posix.socket(Family::Ipv4, true, flags::NONBLOCK).map_err(told)?;
    ensure!(posix.connect(client, address) == Err(Errno::Inprogress));
    ensure!(posix.connect(client, address) == Err(Errno::Already));
    ensure!(posix.peer_address(client) == Err(Errno::Notconn));
    let accepted = listener.accept()?;
    let mut waiting = [Interest { descriptor: client.cast_signed(), wanted: Interest::WRITABLE, happened: 0 }];
    ensure!(posix.poll(&mut waiting, None, &|| true) == Ok(1) && waiting[0].happened == Interest::WRITABLE);
    ensure!(matches!(posix.connect(client, address), Ok(()) | Err(Errno::Isconn)));
    ensure!(posix.connect(client, address) == Err(Errno::Isconn));
    ensure!(posix.peer_address(client) == Ok(address));
    drop((first, accepted, listener));

    // Nobody is there any more: that is told each time, and the socket is as before.
    let other = posix.socket(Family::Ipv4, true, 0).map_err(told)?;
    for _ in 0..2 {
        ensure!(posix.connect(other, address) == Err(Errno::Connrefused));
    }
    ensure!(posix.bind(other, "127.0.0.1:0".parse()?) == Ok(()));
    Ok(())
}

#[test]
fn who_has_gone_already_is_accepted() -> Result<()> {
    let told = |error| anyhow::anyhow!("{error:?}");
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let posix = WasiBuilder::new().socket(listener).build_posix(Start::default())?;
    let server = posix.socket(Family::Ipv4, true, 0).map_err(told)?;
    ensure!(posix.bind(server, address) == Ok(()) && posix.listen(server) == Ok(()));
    let client = std::net::TcpStream::connect(address)?;
    let gone = client.local_addr()?;
    // It is closed by a reset.
    rustix::net::sockopt::set_socket_linger(&client, Some(Duration::ZERO))?;
    drop(client);
    let (connection, peer) = posix.accept(server, 0).map_err(told)?;
    ensure!(peer == gone, "{peer}");
    ensure!(posix.socket_kind(connection) == Ok((true, false)) && posix.socket_kind(server) == Ok((true, true)));
    Ok(())
}

#[test]
fn sockets_reach_what_was_granted() -> Result<()> {
    let told = |error| anyhow::anyhow!("{error:?}");
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let (granted, elsewhere) = (listener.local_addr()?, std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?);
    let builder = WasiBuilder::new().socket(listener).connect_to("localhost", granted.port());
    let posix = builder.build_posix(Start::default())?;
    let socket = || posix.socket(Family::Ipv4, true, 0).map_err(told);
    let (server, other, client) = (socket()?, socket()?, socket()?);
    ensure!(posix.bind(other, elsewhere) == Ok(()) && posix.listen(other) == Err(Errno::Acces));
    ensure!(posix.bind(server, granted) == Ok(()) && posix.listen(server) == Ok(()));
    ensure!(posix.local_address(server) == Ok(granted));
    ensure!(posix.connect(client, elsewhere) == Err(Errno::Acces));
    ensure!(posix.connect(client, granted) == Ok(()));
    ensure!(posix.peer_address(client) == Ok(granted));
    let mut waiting = [Interest { descriptor: server.cast_signed(), wanted: Interest::READABLE, happened: 0 }];
    ensure!(posix.poll(&mut waiting, None, &|| true) == Ok(1));
    let (_, peer) = posix.accept(server, 0).map_err(told)?;
    ensure!(Ok(peer) == posix.local_address(client));
    ensure!(posix.addresses("localhost").is_ok() && posix.addresses("example.test").is_err());
    Ok(())
}

#[test]
fn who_waits_is_woken() -> Result<()> {
    let posix = Arc::new(program(None)?);
    let (reader, writer) = posix.pipe(0).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    posix.has_threads();
    let other = Arc::clone(&posix);
    let waits = std::thread::spawn(move || {
        let mut interests = [Interest { descriptor: reader.cast_signed(), wanted: Interest::READABLE, happened: 0 }];
        (other.poll(&mut interests, None, &|| true), interests[0].happened)
    });
    std::thread::sleep(Duration::from_millis(20));
    // Its last writer goes: that is something to wait for.
    ensure!(posix.duplicate_to(reader, writer, false).is_ok());
    let (count, happened) = waits.join().map_err(|_| anyhow::anyhow!("the thread panicked"))?;
    ensure!(count == Ok(1) && happened == Interest::HUNG_UP, "{count:?} {happened:#x}");
    Ok(())
}
