// Runs a Python program under Pyodide in Node: node pyodide.mjs FOLDER PROGRAM, where FOLDER is a built page checker.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, program] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(join(folder, "pyodide", "pyodide.mjs")));
const python = await loadPyodide();
const packages = python.runPython("import site; site.getsitepackages()[0]");
for (const name of readdirSync(join(folder, "wheels"))) {
    python.unpackArchive(new Uint8Array(readFileSync(join(folder, "wheels", name))), "wheel", { extractDir: packages });
}
python.FS.writeFile(`${packages}/judging.py`, readFileSync(join(folder, "judging.py")));
try {
    python.runPython(readFileSync(program, "utf8"));
} catch (error) {
    console.log(error.message); // Node's own report would print Pyodide's source
    process.exitCode = 1;
}
