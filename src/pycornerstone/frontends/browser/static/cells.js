// @ts-check
/** The cells of the layout: a canvas each, sized in pixels of the screen, with the newest frame on it. */

import { isNarrow, isSmall, isTiny } from './cell-sizes.js';
import { el, svg } from './dom.js';
import { app, emit, on, send, setActive } from './state.js';
import { settle } from './preview.js';
import { drawnAt } from './timings.js';

/** @typedef {import('./state.js').CellView} CellView */
/** @typedef {import('./messages.js').Frame} Frame */
/** @typedef {import('./messages.js').Arranged} Arranged */

/** The newest frame drawn, and those whose confirmation waits until the page is seen. */
const newest = new WeakMap();
/** @type {Frame[]} */
let unconfirmed = [];
/** What the server knows of each cell's size. @type {WeakMap<CellView, string>} */
const toldSizes = new WeakMap();

/** @type {HTMLElement} */
let grid;
const watcher = new ResizeObserver((entries) => {
    for (const entry of entries) {
        const cell = [...app.cells.values()].find(({ canvas }) => canvas === entry.target);
        if (cell) {
            sized(cell, entry);
        }
    }
});

/**
 * Keep the cells as the server arranges them.
 * @param {HTMLElement} into
 */
export function start(into) {
    grid = into;
    on('arranged', arrange);
    on('active', showActive);
    on('empty', ({ cell }) => emptied(cell));
    on('connection', (connection) => {
        if (connection === 'open') {
            // The new connection knows no size, and counts its frames from the start.
            for (const cell of app.cells.values()) {
                newest.delete(cell);
                toldSizes.delete(cell);
            }
            unconfirmed = [];
        }
    });
    document.addEventListener('visibilitychange', () => {
        if (!document.hidden) {
            const waiting = unconfirmed;
            unconfirmed = [];
            waiting.forEach(confirm);
        }
    });
}

/** @param {Arranged} arranged */
function arrange(arranged) {
    const count = arranged.cells.length;
    const { rows, columns } = shapeOf(arranged);
    grid.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    grid.style.gridTemplateRows = `repeat(${rows}, minmax(0, 1fr))`;
    grid.dataset.layout = arranged.name;
    for (const [index, cell] of app.cells) {
        if (index >= count) {
            watcher.unobserve(cell.canvas);
            cell.element.remove();
            app.cells.delete(index);
        }
    }
    for (let index = 0; index < count; index += 1) {
        if (!app.cells.has(index)) {
            addCell(index);
        }
    }
    arranged.cells.forEach(({ series }, index) => {
        const cell = /** @type {CellView} */ (app.cells.get(index));
        if (series === null) {
            emptied(index);
        } else if (cell.empty) {
            cell.empty = false;
            showEmpty(cell);
        }
        tellSize(cell);
    });
    if (app.activeCell >= count) {
        setActive(0);
    }
    if (app.largeCell !== null && app.largeCell >= count) {
        setLarge(null);
    }
    showLarge();
    showActive(app.activeCell);
}

/**
 * Three planes are shown as one high cell and two beside it: a row of three would be too narrow.
 * @param {Arranged} arranged
 */
function isTall({ name, cells }) {
    return name === 'mpr' && cells.length === 3;
}

/** @param {Arranged} arranged */
function shapeOf(arranged) {
    if (isTall(arranged)) {
        return { rows: 2, columns: 2 };
    }
    const layout = app.welcome?.layouts.find(({ name }) => name === arranged.name);
    const columns = layout?.columns ?? Math.ceil(Math.sqrt(arranged.cells.length));
    return { columns, rows: layout?.rows ?? Math.ceil(arranged.cells.length / columns) };
}

/** @param {number} index */
function addCell(index) {
    const canvas = el('canvas', { width: 1, height: 1 });
    const overlaySvg = svg('svg', { 'aria-hidden': 'true' });
    const element = el(
        'section',
        {
            class: 'cell empty',
            id: `cell-${index}`,
            // So that a screen reader hands keys on: they scroll and turn the image.
            role: 'application',
            'aria-roledescription': 'image',
            tabindex: 0,
            'data-cell': index,
            'aria-label': `Image ${index + 1}`,
        },
        canvas,
        overlaySvg,
        el('p', { class: 'invitation' }, 'Drop a series here, or choose one from the list.'),
        el('div', { class: 'waiting', hidden: true }),
    );
    /** @type {CellView} */
    const cell = { index, element, canvas, overlaySvg, state: null, ratio: devicePixelRatio, empty: true };
    app.cells.set(index, cell);
    element.addEventListener('focus', () => setActive(index));
    grid.append(element);
    watch(cell);
}

/** @param {CellView} cell */
function watch(cell) {
    try {
        watcher.observe(cell.canvas, { box: 'device-pixel-content-box' });
    } catch {
        watcher.observe(cell.canvas); // Safari knows no other box.
    }
}

/**
 * @param {CellView} cell
 * @param {ResizeObserverEntry} entry
 */
function sized(cell, entry) {
    const { width, height } = entry.contentRect;
    if (width < 1 || height < 1) {
        return; // It is away while another cell is large.
    }
    const exact = entry.devicePixelContentBoxSize?.[0];
    const device = {
        width: pixels(width, exact?.inlineSize),
        height: pixels(height, exact?.blockSize),
    };
    cell.ratio = device.width / width;
    cell.canvas.dataset.width = String(Math.min(device.width, 4096));
    cell.canvas.dataset.height = String(Math.min(device.height, 4096));
    cell.element.classList.toggle('small', isSmall(width, height));
    cell.element.classList.toggle('narrow', isNarrow(width));
    cell.element.classList.toggle('tiny', isTiny(width, height));
    tellSize(cell);
    emit('resize', cell.index);
}

/**
 * How many pixels of the screen a length is.
 * @param {number} css
 * @param {number|undefined} exact As the browser says, if it does.
 */
function pixels(css, exact) {
    const about = css * devicePixelRatio;
    // A Chromium that plays another screen (as tests and its device toolbar do) gives CSS pixels here.
    return exact !== undefined && Math.abs(exact - about) < 1.5 ? exact : Math.round(about);
}

/** @param {CellView} cell */
function tellSize(cell) {
    const { width, height } = cell.canvas.dataset;
    const size = `${width} ${height}`;
    if (width && height && toldSizes.get(cell) !== size) {
        toldSizes.set(cell, size);
        send({ type: 'Resize', cell: cell.index, width: Number(width), height: Number(height) });
    }
}

/**
 * Put a frame on its canvas, unless a newer one is there already; and confirm it either way.
 * @param {Frame} header
 * @param {Blob} picture
 */
export async function showFrame(header, picture) {
    const cell = app.cells.get(header.cell);
    /** @type {ImageBitmap|null} */
    let bitmap = null;
    try {
        // As it was sent: a colour profile or a multiplied alpha would change values.
        bitmap = await createImageBitmap(picture, {
            colorSpaceConversion: 'none',
            premultiplyAlpha: 'none',
        });
    } catch (error) {
        console.error('a frame could not be decoded', error);
    }
    if (bitmap && cell && app.cells.get(header.cell) === cell && header.frame > (newest.get(cell) ?? -1)) {
        draw(cell, header, bitmap);
    }
    bitmap?.close();
    confirm(header);
}

/**
 * @param {CellView} cell
 * @param {Frame} header
 * @param {ImageBitmap} bitmap
 */
function draw(cell, header, bitmap) {
    const { canvas } = cell;
    newest.set(cell, header.frame);
    if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
        canvas.width = bitmap.width;
        canvas.height = bitmap.height;
    }
    const context = canvas.getContext('2d', { alpha: false });
    context?.drawImage(bitmap, 0, 0);
    settle(cell, header);
    drawnAt(header, performance.now());
    const wasEmpty = cell.empty || !cell.state;
    cell.state = header.state;
    cell.empty = false;
    canvas.dataset.frame = String(header.frame);
    canvas.dataset.atRest = String(header.isAtRest);
    if (wasEmpty) {
        showEmpty(cell);
    }
    emit('frame', header);
}

/** @param {Frame} header */
function confirm(header) {
    if (document.hidden) {
        // Who does not look is not sent more: the server waits for this.
        unconfirmed.push(header);
    } else {
        send({ type: 'Drawn', cell: header.cell, frame: header.frame });
    }
}

/** @param {number} index */
function emptied(index) {
    const cell = app.cells.get(index);
    if (!cell) {
        return;
    }
    cell.state = null;
    cell.empty = true;
    delete cell.canvas.dataset.frame;
    delete cell.canvas.dataset.atRest;
    cell.canvas.getContext('2d', { alpha: false })?.clearRect(0, 0, cell.canvas.width, cell.canvas.height);
    showEmpty(cell);
}

/** @param {CellView} cell */
function showEmpty(cell) {
    cell.element.classList.toggle('empty', cell.empty);
    /** @param {string} name @param {boolean} isShown */
    const show = (name, isShown) => {
        /** @type {HTMLElement} */ (cell.element.querySelector(name)).hidden = !isShown;
    };
    show('.invitation', cell.empty);
    show('.waiting', !cell.empty && !cell.state);
}

/** @param {number} index */
function showActive(index) {
    for (const cell of app.cells.values()) {
        cell.element.classList.toggle('active', cell.index === index);
        cell.element.setAttribute('aria-current', String(cell.index === index));
    }
}

/**
 * Let one cell fill the page, or with null all be there again.
 * @param {number|null} index
 */
export function setLarge(index) {
    app.largeCell = index;
    showLarge();
    emit('large', index);
}

function showLarge() {
    const { largeCell } = app;
    const firstIsTall = app.arranged !== null && isTall(app.arranged);
    grid.classList.toggle('single', largeCell !== null || app.cells.size === 1);
    for (const { element, index } of app.cells.values()) {
        element.classList.toggle('away', largeCell !== null && index !== largeCell);
        element.classList.toggle('of-three', index === 0 && firstIsTall);
        element.style.gridArea = index === largeCell ? '1 / 1 / -1 / -1' : '';
    }
}
