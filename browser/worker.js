// Runs Python beside the page, so that the page answers while a calculation runs. All it loads lies in this folder.
import { loadPyodide } from "./pyodide/pyodide.mjs";

async function started() {
    const python = await loadPyodide({ indexURL: new URL("./pyodide/", import.meta.url).href });
    const folder = python.runPython("import site; site.getsitepackages()[0]");
    const bytes = async (name) => {
        const answer = await fetch(new URL(name, import.meta.url));
        if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
        return answer.arrayBuffer();
    };
    const names = JSON.parse(new TextDecoder().decode(await bytes("wheels.json")));
    const wheels = await Promise.all(names.map((name) => bytes(`wheels/${name}`)));
    for (const wheel of wheels) python.unpackArchive(wheel, "wheel", { extractDir: folder });
    python.FS.writeFile(`${folder}/judging.py`, new Uint8Array(await bytes("judging.py")));
    return python.pyimport("judging");
}

const judging = started();
judging.then(
    (module) => postMessage({ about: "ready", found: module.examples() }),
    (error) => postMessage({ about: "failed", found: String(error.message ?? error) }),
);

onmessage = async ({ data }) => {
    try {
        const module = await judging;
        postMessage({ about: data.ask, number: data.number, found: module[data.ask](data.text, data.language) });
    } catch (error) {
        const last = String(error.message ?? error).trim().split("\n").pop();
        postMessage({ about: "failed", number: data.number, found: last });
    }
};
