// What AssemblyScript programs ask of their library through its shim for WASI.

class Word {
  constructor(public text: string, public count: i32) {}
}

const text = "the cat and the dog and the bird";
const counts = new Map<string, i32>();
const words = text.split(" ");
for (let i = 0; i < words.length; i++) {
  counts.set(words[i], (counts.has(words[i]) ? counts.get(words[i]) : 0) + 1);
}
const list: Word[] = [];
const keys = counts.keys();
for (let i = 0; i < keys.length; i++) list.push(new Word(keys[i], counts.get(keys[i])));
list.sort((left, right) => right.count - left.count || (left.text < right.text ? -1 : 1));
for (let i = 0; i < list.length; i++) console.log(list[i].text + " " + list[i].count.toString());
console.log(process.argv.slice(1).join(","));
console.log(process.env.has("GREETING") ? process.env.get("GREETING") : "no greeting");
console.log((Date.now() > 1700000000000).toString() + " " + (performance.now() >= 0).toString());
console.log(Math.sqrt(2).toString() + " " + (0.1 + 0.2).toString() + " " + i64.MIN_VALUE.toString());
const bytes = new Uint8Array(16);
crypto.getRandomValues(bytes);
let any: u32 = 0;
for (let i = 0; i < bytes.length; i++) any |= bytes[i];
console.log((any != 0).toString());
process.stderr.write("done\n");
process.exit(3);
