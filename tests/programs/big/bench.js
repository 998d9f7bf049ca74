// V8 at work: optimised and deoptimised code, WebAssembly, workers, sockets, compression, children.
const { Worker, isMainThread, parentPort, workerData } = require("worker_threads");

function hot(o) {
    return o.a + o.b;
}

function serve(done) {
    const http = require("http");
    const server = http.createServer((request, reply) => reply.end("hi " + request.url));
    server.listen(0, "127.0.0.1", () => http.get({ port: server.address().port, path: "/x" }, reply => {
        reply.on("data", d => console.log(String(d)));
        reply.on("end", () => { server.close(); done(); });
    }));
}

function rest() {
    const zlib = require("zlib");
    console.log(zlib.gunzipSync(zlib.gzipSync("z".repeat(9999))).length);
    console.log(require("child_process").execSync("echo child; uname -m").toString().trim());
    console.log(require("crypto").createHash("sha256").update("abc").digest("hex"));
    let total = 0;
    for (let i = 0; i < 200000; i++)
        total += hot(i % 1000 === 0 ? { b: 1, a: 2 } : { a: 1, b: 2 });
    console.log(total);
    try {
        (function deep() { deep(); })();
    } catch (e) {
        console.log(e.constructor.name);
    }
    process.exit(3);
}

if (!isMainThread) {
    let sum = 0;
    for (let i = 0; i < 300000; i++)
        sum = (sum + i * workerData) | 0;
    parentPort.postMessage(sum);
} else {
    // (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
    const module = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0, 7, 7,
        1, 3, 97, 100, 100, 0, 0, 10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11]);
    const sums = [];
    let ended = 0;
    WebAssembly.instantiate(module).then(m => {
        console.log("wasm", m.instance.exports.add(40, 2));
        for (let i = 1; i <= 3; i++) {
            const worker = new Worker(__filename, { workerData: i });
            worker.on("message", m => { sums[i] = m; });
            worker.on("exit", () => {
                if (++ended === 3) {
                    console.log(sums.join());
                    serve(rest);
                }
            });
        }
    });
}
