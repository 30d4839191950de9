// The page: it sends text to the worker that runs Python, and shows what comes back.
const part = (name) => document.getElementById(name);
const FIRST = `+++
[network]
inputs = [0.05, 0.10]
targets = [0.01, 0.99]
loss = "half_squared_error"
layers = [                     # weights[j][k]: to neuron j, from k
  { weights = [[0.15, 0.20], [0.25, 0.30]], biases = [0.35, 0.35], activation = "sigmoid" },
  { weights = [[0.40, 0.45], [0.50, 0.55]], biases = [0.60, 0.60], activation = "sigmoid" },
]
[names]                        # what the page calls its quantities
net_h1 = "z1[1]"
out_h1 = "a1[1]"
w5 = "w2[1,1]"
[step]
eta = 0.5
+++
# A network by hand, with a slip

    net_h1 = 0.15*0.05 + 0.2*0.1 + 0.35 = 0.3775

$$out_{h1} = \\frac{1}{1 + e^{-net_{h1}}} = 0.593269992$$

    dE/dw5 = 0.74136507 * 0.186815602 * 0.593269992 = 0.082167041
    new w5 = 0.4 + 0.5*0.082167041 = 0.44108352
`;
const ARITHMETIC = `0.1 - 0.1*0.0084 = 0.09916
1/2 (0.01 - 0.7514)^2 = 0.2748
0.4 - 0.5*0.0822 = 0.3598
`;

const SAID = {
    en: {
        title: "Does the calculation hold?",
        purpose: "Paste a backpropagation that was worked out by hand. Each printed figure is computed anew, and a wrong " +
            "one is explained. It runs in this browser; nothing you type leaves your machine.",
        begin: "Begin with", open: "Open a file", check: "Check", stop: "Stop", play: "Play the backward pass",
        loading: "Python is being loaded, a few seconds.", computing: "Computing.",
        stopped: "Stopped. Python is being loaded again.", page: "a page with a slip", lines: "lines of arithmetic",
        good: "It holds", bad: "It does not hold", fair: "It can't be judged", steps: "The backward pass, step by step",
    },
    zh: {
        title: "这份计算成立吗？",
        purpose: "粘贴一份手算的反向传播。每个印出的数字都会重新计算，错误的会给出解释。一切在本浏览器中运行，" +
            "你输入的内容不会离开你的电脑。",
        begin: "从这里开始", open: "打开文件", check: "核对", stop: "停止", play: "逐步播放反向传播",
        loading: "正在载入 Python，需要几秒钟。", computing: "正在计算。", stopped: "已停止。正在重新载入 Python。",
        page: "含一处错误的页", lines: "几行算术", good: "成立", bad: "不成立", fair: "无法判定",
        steps: "逐步的反向传播",
    },
};

let worker, number, checked, said;

function start() {
    worker = new Worker("worker.js", { type: "module" });
    worker.onmessage = ({ data }) => {
        if (data.number !== undefined && data.number !== number) return; // the answer to an earlier question
        (data.about === "ready" ? ready : data.about === "failed" ? failed : receive)(data);
    };
    worker.onerror = (event) => failed({ found: event.message ?? "Python could not be started." });
}

function ask(what, text) {
    number = (number ?? 0) + 1;
    busy(true);
    worker.postMessage({ ask: what, number, text, language: part("language").value });
}

function busy(now) {
    part("check").disabled = now;
    part("play").disabled = now;
    part("examples").disabled = now;
    part("stop").hidden = !now;
    part("state").textContent = now ? said.computing : "";
}

function ready({ found }) {
    busy(false);
    if (part("examples").dataset.filled) return;
    part("examples").dataset.filled = "yes";
    const titles = Object.entries(JSON.parse(found));
    const options = [["page", said.page], ["lines", said.lines], ...titles];
    part("examples").replaceChildren(...options.map(([name, title]) => new Option(title, name)));
}

function failed({ found }) {
    busy(false);
    show({ error: `Python reports: ${found}` });
}

function receive({ about, found }) {
    busy(false);
    if (about === "example") {
        part("text").value = found;
        part("answer").hidden = true;
    } else if (about === "played") {
        const frame = document.createElement("iframe");
        frame.title = said.steps;
        frame.sandbox = "allow-scripts allow-modals";
        frame.srcdoc = found;
        part("steps").replaceChildren(frame);
        part("play").hidden = true;
    } else {
        show(JSON.parse(found));
    }
}

function show(found) {
    part("answer").hidden = false;
    const tone = found.error ? "fair" : found.right ? "good" : "bad";
    part("heading").textContent = said[tone];
    part("heading").className = tone;
    if (found.error) part("verdicts").textContent = found.error;
    else part("verdicts").innerHTML = found.html; // every label in it was escaped where it was written
    if (found.no_picture) part("verdicts").append(found.no_picture);
    part("picture").hidden = !found.picture;
    part("picture").innerHTML = found.picture ?? "";
    part("play").hidden = !found.steps;
    part("steps").replaceChildren();
    part("heading").focus({ preventScroll: true });
    part("answer").scrollIntoView({ block: "nearest" });
}

part("check").onclick = () => {
    checked = part("text").value;
    ask("judged", checked);
};
part("play").onclick = () => ask("played", checked);
part("stop").onclick = () => {
    worker.terminate();
    start();
    part("check").disabled = true;
    part("stop").hidden = true;
    part("state").textContent = said.stopped;
};
part("text").onkeydown = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !part("check").disabled) part("check").click();
};
part("examples").onchange = ({ target }) => {
    const given = { page: FIRST, lines: ARITHMETIC }[target.value];
    if (given === undefined) ask("example", target.value);
    else receive({ about: "example", found: given });
};
part("file").onchange = async ({ target }) => {
    const [file] = target.files;
    if (file) receive({ about: "example", found: await file.text() });
};

function speak() {
    const language = part("language").value;
    said = SAID[language];
    document.documentElement.lang = language;
    document.title = `${said.title} · microgradnet`;
    for (const element of document.querySelectorAll("[data-say]")) element.textContent = said[element.dataset.say];
    if (!part("examples").dataset.filled) part("state").textContent = said.loading;
    for (const option of part("examples").options) option.textContent = said[option.value] ?? option.textContent;
}

part("language").onchange = () => {
    speak();
    if (!part("answer").hidden) ask("judged", checked);
};
part("language").value = navigator.language.startsWith("zh") ? "zh" : "en";
part("text").value = FIRST;
speak();
start();
