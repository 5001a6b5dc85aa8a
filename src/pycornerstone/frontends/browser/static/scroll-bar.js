// @ts-check
/** The bar at a cell's right edge: which slice is shown, and which images are loaded. */

import { el } from './dom.js';
import { app, on, send, setActive } from './state.js';

/** @typedef {import('./state.js').CellView} CellView */

/** What draws a cell's bar anew. @type {WeakMap<CellView, () => void>} */
const refreshing = new WeakMap();

/** Keep the bars of all cells as their frames and the loading say. */
export function start() {
    /** @param {{cell: number}} what */
    const ofCell = ({ cell }) => {
        const view = app.cells.get(cell);
        if (view) {
            refreshing.get(view)?.();
        }
    };
    on('frame', ofCell);
    on('empty', ofCell);
    on('progress', ({ series }) => {
        for (const cell of app.cells.values()) {
            if (cell.state?.series === series) {
                refreshing.get(cell)?.();
            }
        }
    });
}

/**
 * Put a scroll bar in a cell.
 * @param {CellView} cell
 */
export function addScrollBar(cell) {
    const loaded = el('canvas', { width: 1, height: 512 });
    const thumb = el('div', { class: 'thumb' });
    const bar = el(
        'div',
        {
            class: 'slices',
            role: 'scrollbar',
            'aria-orientation': 'vertical',
            'aria-label': `Slice of image ${cell.index + 1}`,
            'aria-controls': cell.element.id,
            'aria-valuemin': 1,
        },
        el('div', { class: 'track' }, loaded),
        thumb,
    );
    cell.element.append(bar);
    let shown = '';

    function refresh() {
        const { state } = cell;
        bar.hidden = !state || state.numberOfSlices < 2;
        if (!state || bar.hidden) {
            return;
        }
        const { sliceIndex, numberOfSlices } = state;
        const place = sliceIndex / (numberOfSlices - 1);
        thumb.style.top = `calc(13px + (100% - 26px) * ${place})`;
        bar.setAttribute('aria-valuemax', String(numberOfSlices));
        bar.setAttribute('aria-valuenow', String(sliceIndex + 1));
        const progress = app.progress.get(state.series);
        const isEach = numberOfSlices === progress?.total;
        const wanted = `${state.series} ${isEach} ${JSON.stringify(progress?.ranges)}`;
        if (wanted !== shown) {
            shown = wanted;
            paint(loaded, progress, isEach);
            bar.title = titleOf(progress);
        }
    }

    /** @param {PointerEvent} event */
    function follow(event) {
        const { state } = cell;
        if (!state) {
            return;
        }
        const { top, height } = bar.getBoundingClientRect();
        const place = (event.clientY - top - 13) / (height - 26);
        const last = state.numberOfSlices - 1;
        const index = Math.round(Math.min(1, Math.max(0, place)) * last);
        if (index !== wantedIndex) {
            wantedIndex = index;
            send({ type: 'SetSlice', cell: cell.index, index }, event.timeStamp);
        }
    }
    let wantedIndex = -1;
    bar.addEventListener('pointerdown', (event) => {
        event.stopPropagation();
        event.preventDefault();
        setActive(cell.index);
        wantedIndex = -1;
        bar.setPointerCapture(event.pointerId);
        follow(event);
    });
    bar.addEventListener('pointermove', (event) => {
        event.stopPropagation();
        if (bar.hasPointerCapture(event.pointerId)) {
            follow(event);
        }
    });
    bar.addEventListener('pointerup', (event) => event.stopPropagation());
    bar.addEventListener('dblclick', (event) => event.stopPropagation());

    refreshing.set(cell, refresh);
    refresh();
}

/** @param {import('./messages.js').Progress} progress */
function loadedOf({ ranges }) {
    return ranges.reduce((sum, [first, behind]) => sum + behind - first, 0);
}

/** @param {import('./messages.js').Progress|undefined} progress */
function titleOf(progress) {
    return progress ? `${loadedOf(progress)} of ${progress.total} images are loaded` : '';
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {import('./messages.js').Progress|undefined} progress
 * @param {boolean} isEach Whether a slice is an image; if not, each slice needs all of them.
 */
function paint(canvas, progress, isEach) {
    const context = canvas.getContext('2d');
    if (!context) {
        return;
    }
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (!progress || progress.total === 0) {
        return;
    }
    context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--accent');
    const each = canvas.height / progress.total;
    const ranges = isEach ? progress.ranges : [[0, loadedOf(progress)]];
    for (const [first, behind] of ranges) {
        context.fillRect(0, first * each, 1, Math.max(1, (behind - first) * each));
    }
}
