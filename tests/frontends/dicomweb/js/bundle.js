// Make one file of the page, and one of the worker in which Cornerstone3D decodes.
//
//     node bundle.js FOLDER
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const folder = process.argv[2];
const loader = dirname(createRequire(import.meta.url).resolve('@cornerstonejs/dicom-image-loader'));
const absent = new URL('absent.js', import.meta.url).pathname;

await build({
    entryPoints: {
        page: new URL('page.js', import.meta.url).pathname,
        // Where the loader looks for it: beside itself.
        decodeImageFrameWorker: join(loader, 'decodeImageFrameWorker.js'),
    },
    outdir: folder,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
    alias: { events: absent, url: absent },
    // The decoders ask whether they run in Node.
    external: ['fs', 'path', 'module'],
});

mkdirSync(join(folder, 'wasm'), { recursive: true });
for (const codec of ['charls', 'libjpeg-turbo-8bit', 'openjpeg', 'openjph']) {
    const from = join(loader, '..', '..', '..', `codec-${codec}`, 'dist');
    for (const name of readdirSync(from).filter((one) => one.endsWith('.wasm'))) {
        copyFileSync(join(from, name), join(folder, 'wasm', name));
    }
}
copyFileSync(new URL('index.html', import.meta.url), join(folder, 'index.html'));
