// Runs modules of tests/src/tries.rs: `node node.js FOLDER COUNT ARGUMENTS...` prints a line for each result.
const fs = require('fs');
const [folder, count, ...words] = process.argv.slice(2);
for (let seed = 0; seed < Number(count); seed++) {
  const module = new WebAssembly.Module(fs.readFileSync(`${folder}/${seed}.wasm`));
  for (const word of words) {
    const { run } = new WebAssembly.Instance(module).exports;
    console.log(`${seed} ${word} ${run(Number(word))}`);
  }
}
