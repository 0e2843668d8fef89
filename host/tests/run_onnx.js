// Reads images with encoder.onnx and decoder.onnx in onnxruntime-web, for test_onnx; greedy, a symbol at a time.
//
//   node run_onnx.js FOLDER IMAGES COUNT       IMAGES: COUNT x 3 x height x width floats
//
// prints a JSON array of {"text", "confidences"}; the numbers it needs are those of the command line's last argument:
// {"height", "width", "length", "eos", "bos", "characters"}
'use strict';
const fs = require('fs');
const ort = require('onnxruntime-web');

const [folder, file, count, facts] = [process.argv[2], process.argv[3], Number(process.argv[4]),
                                      JSON.parse(process.argv[5])];

function softmax(row) {
    const largest = Math.max(...row);
    const powers = Array.from(row, x => Math.exp(x - largest));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map(x => x / sum);
}

async function read(decoder, memory) {
    const symbols = [facts.bos], reading = {text: '', confidences: []};
    while (symbols.length <= facts.length) {
        const text = new ort.Tensor('int64', BigInt64Array.from(symbols.map(BigInt)), [1, symbols.length]);
        const {logits} = await decoder.run({symbols: text, memory});
        const classes = logits.dims[2];
        const p = softmax(logits.data.slice((symbols.length - 1) * classes, symbols.length * classes));
        const best = p.indexOf(Math.max(...p));
        if (best >= facts.eos && best !== facts.eos + 2)
            break;
        reading.text += best < facts.eos ? [...facts.characters][best] : '\uFFFD';
        reading.confidences.push(p[best]);
        symbols.push(best);
    }
    return reading;
}

// The logits (B, columns, classes) of a CTC head: repeated symbols and EOS, the blank, fall away.
function readColumns(logits) {
    const [count, columns, classes] = logits.dims, readings = [];
    for (let i = 0; i < count; i++) {
        let text = '', before = facts.eos;
        for (let t = 0; t < columns; t++) {
            const row = logits.data.slice((i * columns + t) * classes, (i * columns + t + 1) * classes);
            const best = row.indexOf(Math.max(...row));
            if (best !== before && best < facts.eos)
                text += [...facts.characters][best];
            before = best;
        }
        readings.push({text, confidences: []});
    }
    return readings;
}

async function main() {
    ort.env.wasm.numThreads = 1;
    const encoder = await ort.InferenceSession.create(fs.readFileSync(folder + '/encoder.onnx'));
    const bytes = fs.readFileSync(file), floats = 3 * facts.height * facts.width;
    const images = new Float32Array(bytes.buffer, bytes.byteOffset, count * floats);
    const {memory, logits} = await encoder.run(
        {image: new ort.Tensor('float32', images, [count, 3, facts.height, facts.width])}); // all of them at once
    if (logits) {
        console.log(JSON.stringify(readColumns(logits)));
        return;
    }
    const decoder = await ort.InferenceSession.create(fs.readFileSync(folder + '/decoder.onnx'));
    const size = memory.data.length / count, readings = [];
    for (let i = 0; i < count; i++)
        readings.push(await read(decoder, new ort.Tensor('float32', memory.data.slice(i * size, (i + 1) * size),
                                                         [1, ...memory.dims.slice(1)])));
    console.log(JSON.stringify(readings));
}

main().catch(error => { console.error(error.message); process.exit(1); });
