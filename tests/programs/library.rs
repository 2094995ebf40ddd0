//! What Rust programs ask of their library: files, folders, time, collections, formatting, errors, an exit status.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, BufRead, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

fn files(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder.join("a/b"))?;
    for name in ["z.txt", "a/m.txt", "a/b/k.txt"] {
        fs::write(folder.join(name), format!("{name}\nsecond line\n"))?;
    }
    let mut names = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next)? {
            let entry = entry?;
            names.push(entry.path().strip_prefix(folder).expect("it lies there").display().to_string());
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    names.sort();
    println!("{names:?}");
    let mut file = fs::OpenOptions::new().read(true).append(true).open(folder.join("z.txt"))?;
    file.write_all(b"third")?;
    file.seek(SeekFrom::Start(6))?;
    let mut rest = String::new();
    file.read_to_string(&mut rest)?;
    println!("{rest:?}, {} bytes", file.metadata()?.len());
    fs::rename(folder.join("z.txt"), folder.join("y.txt"))?;
    fs::copy(folder.join("y.txt"), folder.join("copy.txt"))?;
    let lines = io::BufReader::new(fs::File::open(folder.join("copy.txt"))?).lines().count();
    let age = SystemTime::now().duration_since(fs::metadata(folder.join("copy.txt"))?.modified()?);
    println!("{lines} lines, new: {}", age.map_or(true, |age| age < Duration::from_secs(3600)));
    for wrong in [folder.join("missing"), folder.join("y.txt/x")] {
        println!("{}", fs::read(wrong).expect_err("it cannot be read"));
    }
    // What its error is called differs between versions of the library.
    println!("reads what was not granted: {}", fs::read("/etc/passwd").is_ok());
    println!("{}", fs::remove_dir(folder).expect_err("it is not empty"));
    fs::remove_dir_all(folder)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    println!("{arguments:?} {:?} {:?}", std::env::var("GREETING"), std::env::var_os("HOME"));
    files(Path::new("/work/tree"))?;
    let mut counts = HashMap::new();
    for word in "the cat and the dog and the bird".split_whitespace() {
        *counts.entry(word).or_insert(0) += 1;
    }
    println!("{:?}", counts.iter().collect::<BTreeMap<_, _>>());
    println!("{:>8.3}|{:<6}|{:05}|{:#x}|{:e}|{:?}", 2_f64.sqrt(), "ab", -42, 48879, 1234.5, f64::MIN_POSITIVE);
    println!("{:?} {:?} {}", "x".parse::<i32>(), "1e400".parse::<f64>(), 1_f64.sin());
    let start = Instant::now();
    std::thread::sleep(Duration::from_millis(2));
    println!("{} {}", start.elapsed() >= Duration::from_millis(2), SystemTime::now() > UNIX_EPOCH);
    println!("{}", std::thread::Builder::new().spawn(|| ()).is_err());
    let mut numbers: Vec<u64> = (0..100_000_u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20).collect();
    numbers.sort_unstable();
    println!("{} {} {}", numbers[0], numbers[50_000], numbers.windows(2).all(|pair| pair[0] <= pair[1]));
    eprintln!("done");
    std::process::exit(3)
}
