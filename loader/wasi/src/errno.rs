//! What functions answer: the witx's error numbers, which Emscripten's C library has as well, and where the host's errors
//! go.

use std::io;

#[cfg(unix)]
use rustix::io::Errno as HostErrno;

macro_rules! errnos {
    ($($(#[doc = $doc:literal])* $name:ident = $number:literal $(from $host:ident)?;)*) => {
        /// An error as a guest sees it; the numbers are the interface's.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub enum Errno { $($(#[doc = $doc])* $name = $number,)* }

        #[cfg(unix)]
        impl From<HostErrno> for Errno {
            fn from(error: HostErrno) -> Self {
                match error {
                    $($(HostErrno::$host => Self::$name,)?)*
                    _ => Self::Io,
                }
            }
        }
    };
}

errnos! {
    /// No error.
    Success = 0;
    /// Argument list too long.
    TooBig = 1 from TOOBIG;
    /// Permission denied.
    Acces = 2 from ACCESS;
    /// Address in use.
    Addrinuse = 3 from ADDRINUSE;
    /// Address not available.
    Addrnotavail = 4 from ADDRNOTAVAIL;
    /// Address family not supported.
    Afnosupport = 5 from AFNOSUPPORT;
    /// Resource unavailable, or operation would block.
    Again = 6 from AGAIN;
    /// Connection already in progress.
    Already = 7 from ALREADY;
    /// Bad file descriptor.
    Badf = 8 from BADF;
    /// Bad message.
    Badmsg = 9 from BADMSG;
    /// Device or resource busy.
    Busy = 10 from BUSY;
    /// Operation canceled.
    Canceled = 11 from CANCELED;
    /// No child processes.
    Child = 12 from CHILD;
    /// Connection aborted.
    Connaborted = 13 from CONNABORTED;
    /// Connection refused.
    Connrefused = 14 from CONNREFUSED;
    /// Connection reset.
    Connreset = 15 from CONNRESET;
    /// Resource deadlock would occur.
    Deadlk = 16 from DEADLK;
    /// Destination address required.
    Destaddrreq = 17 from DESTADDRREQ;
    /// Argument out of domain of function.
    Dom = 18 from DOM;
    /// Disk quota exceeded.
    Dquot = 19 from DQUOT;
    /// File exists.
    Exist = 20 from EXIST;
    /// Bad address.
    Fault = 21 from FAULT;
    /// File too large.
    Fbig = 22 from FBIG;
    /// Host is unreachable.
    Hostunreach = 23 from HOSTUNREACH;
    /// Identifier removed.
    Idrm = 24 from IDRM;
    /// Illegal byte sequence.
    Ilseq = 25 from ILSEQ;
    /// Operation in progress.
    Inprogress = 26 from INPROGRESS;
    /// Interrupted function.
    Intr = 27 from INTR;
    /// Invalid argument.
    Inval = 28 from INVAL;
    /// I/O error.
    Io = 29 from IO;
    /// Socket is connected.
    Isconn = 30 from ISCONN;
    /// Is a directory.
    Isdir = 31 from ISDIR;
    /// Too many levels of symbolic links.
    Loop = 32 from LOOP;
    /// File descriptor value too large.
    Mfile = 33 from MFILE;
    /// Too many links.
    Mlink = 34 from MLINK;
    /// Message too large.
    Msgsize = 35 from MSGSIZE;
    /// Multihop attempted.
    Multihop = 36 from MULTIHOP;
    /// File name too long.
    Nametoolong = 37 from NAMETOOLONG;
    /// Network is down.
    Netdown = 38 from NETDOWN;
    /// Connection aborted by network.
    Netreset = 39 from NETRESET;
    /// Network unreachable.
    Netunreach = 40 from NETUNREACH;
    /// Too many files open in system.
    Nfile = 41 from NFILE;
    /// No buffer space available.
    Nobufs = 42 from NOBUFS;
    /// No such device.
    Nodev = 43 from NODEV;
    /// No such file or directory.
    Noent = 44 from NOENT;
    /// Executable file format error.
    Noexec = 45 from NOEXEC;
    /// No locks available.
    Nolck = 46 from NOLCK;
    /// Link has been severed.
    Nolink = 47 from NOLINK;
    /// Not enough space.
    Nomem = 48 from NOMEM;
    /// No message of the desired type.
    Nomsg = 49 from NOMSG;
    /// Protocol not available.
    Noprotoopt = 50 from NOPROTOOPT;
    /// No space left on device.
    Nospc = 51 from NOSPC;
    /// Function not supported.
    Nosys = 52 from NOSYS;
    /// The socket is not connected.
    Notconn = 53 from NOTCONN;
    /// Not a directory.
    Notdir = 54 from NOTDIR;
    /// Directory not empty.
    Notempty = 55 from NOTEMPTY;
    /// State not recoverable.
    Notrecoverable = 56 from NOTRECOVERABLE;
    /// Not a socket.
    Notsock = 57 from NOTSOCK;
    /// Not supported.
    Notsup = 58 from NOTSUP;
    /// Inappropriate I/O control operation.
    Notty = 59 from NOTTY;
    /// No such device or address.
    Nxio = 60 from NXIO;
    /// Value too large to be stored in data type.
    Overflow = 61 from OVERFLOW;
    /// Previous owner died.
    Ownerdead = 62 from OWNERDEAD;
    /// Operation not permitted.
    Perm = 63 from PERM;
    /// Broken pipe.
    Pipe = 64 from PIPE;
    /// Protocol error.
    Proto = 65 from PROTO;
    /// Protocol not supported.
    Protonosupport = 66 from PROTONOSUPPORT;
    /// Protocol wrong type for socket.
    Prototype = 67 from PROTOTYPE;
    /// Result too large.
    Range = 68 from RANGE;
    /// Read-only file system.
    Rofs = 69 from ROFS;
    /// Invalid seek.
    Spipe = 70 from SPIPE;
    /// No such process.
    Srch = 71 from SRCH;
    /// Stale file handle.
    Stale = 72 from STALE;
    /// Connection timed out.
    Timedout = 73 from TIMEDOUT;
    /// Text file busy.
    Txtbsy = 74 from TXTBSY;
    /// Cross-device link.
    Xdev = 75 from XDEV;
    /// Capabilities insufficient.
    Notcapable = 76;
}

impl Errno {
    /// The number that a function returns.
    pub const fn number(self) -> u16 {
        self as u16
    }
}

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Self {
        if let Some(known) = of_system(&error) {
            return known;
        }
        match error.kind() {
            // A path that leads out of a grant is refused before the system sees it.
            io::ErrorKind::PermissionDenied => Self::Perm,
            io::ErrorKind::NotFound => Self::Noent,
            io::ErrorKind::InvalidInput => Self::Inval,
            io::ErrorKind::NotADirectory => Self::Notdir,
            io::ErrorKind::IsADirectory => Self::Isdir,
            io::ErrorKind::DirectoryNotEmpty => Self::Notempty,
            io::ErrorKind::AlreadyExists => Self::Exist,
            io::ErrorKind::Unsupported => Self::Notsup,
            io::ErrorKind::UnexpectedEof => Self::Fault,
            io::ErrorKind::WouldBlock => Self::Again,
            _ => Self::Io,
        }
    }
}

/// What a system call answered; `None` if it was none that did.
#[cfg(unix)]
fn of_system(error: &io::Error) -> Option<Errno> {
    HostErrno::from_io_error(error).map(Errno::from)
}

/// Likewise, of the codes that calls for files answer.
#[cfg(windows)]
fn of_system(error: &io::Error) -> Option<Errno> {
    Some(match error.raw_os_error()? {
        2 | 3 | 123 | 161 => Errno::Noent,
        4 => Errno::Mfile,
        5 => Errno::Acces,
        6 => Errno::Badf,
        8 | 14 => Errno::Nomem,
        17 => Errno::Xdev,
        32 | 33 => Errno::Busy,
        50 => Errno::Notsup,
        80 | 183 => Errno::Exist,
        87 | 131 | 4390 => Errno::Inval,
        109 | 232 => Errno::Pipe,
        112 => Errno::Nospc,
        145 => Errno::Notempty,
        206 => Errno::Nametoolong,
        267 => Errno::Notdir,
        681 | 1921 => Errno::Loop,
        1314 => Errno::Perm,
        code => return of_winsock(code),
    })
}

/// Likewise, of the codes that calls for sockets answer.
#[cfg(windows)]
fn of_winsock(code: i32) -> Option<Errno> {
    Some(match code {
        10004 => Errno::Intr,
        10009 => Errno::Badf,
        10013 => Errno::Acces,
        10014 => Errno::Fault,
        10022 => Errno::Inval,
        10024 => Errno::Mfile,
        10035 => Errno::Again,
        10036 => Errno::Inprogress,
        10037 => Errno::Already,
        10038 => Errno::Notsock,
        10039 => Errno::Destaddrreq,
        10040 => Errno::Msgsize,
        10045 => Errno::Notsup,
        10048 => Errno::Addrinuse,
        10049 => Errno::Addrnotavail,
        10050 => Errno::Netdown,
        10051 => Errno::Netunreach,
        10052 => Errno::Netreset,
        10053 => Errno::Connaborted,
        10054 => Errno::Connreset,
        10055 => Errno::Nobufs,
        10056 => Errno::Isconn,
        10057 => Errno::Notconn,
        10058 => Errno::Pipe,
        10060 => Errno::Timedout,
        10061 => Errno::Connrefused,
        10065 => Errno::Hostunreach,
        _ => return None,
    })
}
