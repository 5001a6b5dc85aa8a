// Cornerstone3D as its own documentation sets it up; what a test asks of it is in `window.outside`.
import { Enums, RenderingEngine, imageLoader, init, metaData, setUseCPURendering } from '@cornerstonejs/core';
import { init as initLoader } from '@cornerstonejs/dicom-image-loader';
import { utilities } from '@cornerstonejs/metadata';

/** @param {ArrayBufferView} view */
function text64(view) {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    let text = '';
    for (let start = 0; start < bytes.length; start += 32768) {
        text += String.fromCharCode(...bytes.subarray(start, start + 32768));
    }
    return btoa(text);
}

/** What there is of a module, or nothing. */
function module(name, imageId) {
    return JSON.parse(JSON.stringify(metaData.get(name, imageId) ?? {}));
}

/** A promise that fails if it takes too long: the loader's own may stay open for ever. */
function within(seconds, promise) {
    const late = new Promise((_, fail) => {
        setTimeout(() => fail(new Error(`nothing came in ${seconds} s`)), seconds * 1000);
    });
    return Promise.race([promise, late]);
}

let engine = null;

window.outside = {
    /** Start it; `token` goes with each request. */
    start(token) {
        init();
        setUseCPURendering(true);
        initLoader({
            beforeSend: async () => ({ Authorization: `Bearer ${token}` }),
            maxWebWorkers: 1,
            wasmBasePath: new URL('wasm', location.href).href,
        });
    },

    /** Read metadata of instances, and give the imageIds of all their frames. */
    async study(address, token) {
        const headers = { Accept: 'application/dicom+json', Authorization: `Bearer ${token}` };
        const response = await fetch(`${address}/metadata`, { headers });
        const instances = await response.json();
        const place = (instance) => Number(instance['00200032']?.Value?.[2] ?? 0);
        instances.sort((one, other) => place(one) - place(other));
        const imageIds = [];
        for (const instance of instances) {
            const value = (tag) => instance[tag]?.Value?.[0];
            const path = `series/${value('0020000E')}/instances/${value('00080018')}`;
            const frames = `${address}/${path}/frames`;
            await utilities.addDicomWebInstance(`wadors:${frames}/1`, instance);
            for (let frame = 1; frame <= Number(value('00280008') ?? 1); frame += 1) {
                imageIds.push(`wadors:${frames}/${frame}`);
            }
        }
        return imageIds;
    },

    /** Load an image: its samples as they are stored, and what is known of it. */
    async read(imageId) {
        const loading = imageLoader.loadImage(imageId, { preScale: { enabled: false } });
        const image = await within(20, loading);
        const samples = image.getPixelData();
        return {
            type: samples.constructor.name,
            samples: text64(samples),
            rows: image.rows,
            columns: image.columns,
            slope: image.slope,
            intercept: image.intercept,
            center: image.windowCenter,
            width: image.windowWidth,
            rowSpacing: image.rowPixelSpacing,
            columnSpacing: image.columnPixelSpacing,
            color: image.color,
            syntax: image.transferSyntaxUID ?? null,
            plane: module('imagePlaneModule', imageId),
        };
    },

    /** Show a stack; give what is on its canvas, one canvas pixel for each of the image. */
    async show(imageIds, index, columns, rows) {
        const element = document.createElement('div');
        element.style.width = `${columns}px`;
        element.style.height = `${rows}px`;
        document.body.replaceChildren(element);
        engine?.destroy();
        engine = new RenderingEngine('engine');
        engine.enableElement({ viewportId: 'stack', type: Enums.ViewportType.STACK, element });
        const viewport = engine.getViewport('stack');
        const drawn = new Promise((resolve) => {
            element.addEventListener(Enums.Events.IMAGE_RENDERED, resolve, { once: true });
        });
        await viewport.setStack(imageIds, index);
        viewport.render();
        await within(20, drawn);
        const canvas = viewport.getCanvas();
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return {
            width: canvas.width,
            height: canvas.height,
            rgba: text64(data),
            voi: viewport.getProperties().voiRange,
            current: viewport.getCurrentImageId(),
        };
    },
};
