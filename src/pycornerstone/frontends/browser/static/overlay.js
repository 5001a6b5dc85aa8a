// @ts-check
/** What is written over a picture: the texts at its corners, letters, the scale bar, lines of other planes. */

import { isNarrow, isSmall } from './cell-sizes.js';
import { el, fill, svg } from './dom.js';
import { titleOf } from './shown.js';
import { app, on } from './state.js';
import { addScrollBar, start as startScrollBars } from './scroll-bar.js';

/** @typedef {import('./state.js').CellView} CellView */
/** @typedef {import('./messages.js').Grid} Grid */

const CORNERS = /** @type {const} */ (['topLeft', 'topRight', 'bottomLeft', 'bottomRight']);
const EDGES = /** @type {const} */ (['left', 'right', 'top', 'bottom']);

/** In narrower cells, a scale bar and its text would reach the texts of the corners. */
const ROOM_BETWEEN_CORNERS = 560;

/**
 * The parts of a cell that are drawn anew with each frame.
 * @typedef {object} Parts
 * @property {Record<string, HTMLElement>} texts
 * @property {SVGSVGElement} fixed Stays where it is while a drag is previewed.
 * @property {SVGGElement} planes
 * @property {string} scale What the scale bar on the page was made for.
 */

/** @type {WeakMap<CellView, Parts>} */
const parts = new WeakMap();

/** Write over each frame as it is drawn. */
export function start() {
    startScrollBars();
    on('arranged', () => {
        for (const cell of app.cells.values()) {
            if (!parts.has(cell)) {
                parts.set(cell, added(cell));
            }
        }
    });
    on('frame', ({ cell }) => refresh(cell));
    on('empty', ({ cell }) => refresh(cell));
    on('resize', refresh);
    on('texts', () => [...app.cells.values()].forEach(describe));
}

/**
 * @param {CellView} cell
 * @returns {Parts}
 */
function added(cell) {
    /** @type {Record<string, HTMLElement>} */
    const texts = {};
    for (const corner of CORNERS) {
        texts[corner] = el('div', {
            class: `corner ${corner.replace(/[A-Z]/, (c) => `-${c.toLowerCase()}`)}`,
            id: `${cell.element.id}-${corner}`,
        });
    }
    for (const edge of EDGES) {
        texts[edge] = el('div', { class: `edge ${edge}`, 'aria-hidden': 'true' });
    }
    const fixed = svg('svg', { 'aria-hidden': 'true', class: 'fixed' });
    const planes = svg('g', { class: 'planes' });
    cell.overlaySvg.append(planes);
    cell.element.append(fixed, ...Object.values(texts));
    addScrollBar(cell);
    return { texts, fixed, planes, scale: '' };
}

/** @param {number} index */
function refresh(index) {
    const cell = app.cells.get(index);
    const of = cell && parts.get(cell);
    if (!cell || !of) {
        return;
    }
    const state = cell.state;
    const { overlay } = state ?? {};
    for (const corner of CORNERS) {
        lines(of.texts[corner], overlay?.[corner] ?? []);
    }
    for (const edge of EDGES) {
        lines(of.texts[edge], overlay?.[edge] ? [overlay[edge]] : []);
    }
    refreshScaleBar(cell, of);
    drawPlanes(cell, of.planes);
    describe(cell);
}

/**
 * Change only what is another: most lines of most frames are those of the frame before.
 * @param {HTMLElement} element
 * @param {readonly string[]} wanted
 */
function lines(element, wanted) {
    while (element.children.length > wanted.length) {
        element.lastElementChild?.remove();
    }
    wanted.forEach((text, row) => {
        const line = element.children[row] ?? element.appendChild(el('div'));
        if (line.textContent !== text) {
            line.textContent = text;
        }
    });
}

/** @param {CellView} cell */
function describe(cell) {
    const { state, index } = cell;
    const label = state
        ? `Image ${index + 1}: ${titleOf(state.series)}, ${state.sliceIndex + 1} of ${state.numberOfSlices}`
        : `Image ${index + 1}: empty`;
    if (cell.element.getAttribute('aria-label') !== label) {
        cell.element.setAttribute('aria-label', label);
    }
    // A screen reader reads a description out even where it is not seen.
    const corners = app.textsHidden ? [] : CORNERS.map((corner) => `${cell.element.id}-${corner}`);
    const description = corners.join(' ');
    if (cell.element.getAttribute('aria-describedby') !== description) {
        cell.element.setAttribute('aria-describedby', description);
    }
}

/**
 * @param {CellView} cell
 * @param {Parts} of
 */
function refreshScaleBar(cell, of) {
    const { ratio, canvas, state } = cell;
    // As it was measured: to ask the page for it after a change makes it lay out everything again.
    const width = Number(canvas.dataset.width ?? 0) / ratio;
    const height = Number(canvas.dataset.height ?? 0) / ratio;
    const millimetres = state && millimetresPerPixel(state.toWorld);
    const above = state ? heightBelow(state.overlay, width, height) : 0;
    const wanted = `${millimetres} ${state?.toWorld.isCalibrated} ${width} ${height} ${above}`;
    if (wanted !== of.scale) {
        of.scale = wanted;
        const isShown = state && millimetres && width >= 220 && height >= 200;
        const bar = isShown
            ? scaleBar(millimetres * ratio, width, height - above, state.toWorld.isCalibrated)
            : [];
        fill(of.fixed, ...bar);
    }
}

/**
 * What the scale bar is to stand above: the letter of the lower edge, and where there is no room between
 * the corners, their texts.
 * @param {import('./messages.js').Overlay} overlay
 * @param {number} width
 * @param {number} height
 */
function heightBelow({ bottomLeft, bottomRight }, width, height) {
    if (width >= ROOM_BETWEEN_CORNERS) {
        return 36;
    }
    const lines = Math.max(bottomLeft.length, isNarrow(width) ? 0 : bottomRight.length, 1);
    return (isSmall(width, height) ? 17 : 19) * lines + (isNarrow(width) ? 44 : 24);
}

/**
 * A bar of a round length, at most 0.3 of the cell's width.
 * @param {number} perCss How many mm one CSS pixel is.
 * @param {number} width
 * @param {number} y
 * @param {boolean} isCalibrated
 * @returns {SVGElement[]}
 */
function scaleBar(perCss, width, y, isCalibrated) {
    const length = rounded(perCss * width * 0.3);
    const pixels = length / perCss;
    const x = (width - pixels) / 2;
    const path = `M${x} ${y - 5}V${y}H${x + pixels}V${y - 5}M${x + pixels / 2} ${y - 3}V${y}`;
    const text = length >= 10 ? `${length / 10} cm` : `${length} mm`;
    return [
        svg('path', { class: 'scale-shadow', d: path }),
        svg('path', { class: 'scale', d: path }),
        svg(
            'text',
            { class: 'scale-text', x: x + pixels + 8, y: y + 2, 'data-mm': length, 'data-px': pixels },
            isCalibrated ? text : `${text} at the detector`,
        ),
    ];
}

/**
 * How many mm one pixel of the canvas is, or null if that is not known.
 * @param {Grid} grid
 * @returns {number|null}
 */
export function millimetresPerPixel(grid) {
    const [x, y, z] = grid.right;
    if (grid.unit === 'mm') {
        return Math.hypot(x, y, z) || null;
    }
    if (!grid.spacingMm) {
        return null;
    }
    const [row, column] = grid.spacingMm;
    return Math.hypot(x * column, y * row) || null;
}

/**
 * The longest of 1, 2 and 5 times a power of ten that is not longer.
 * @param {number} longest
 */
function rounded(longest) {
    const power = 10 ** Math.floor(Math.log10(longest));
    const digit = [5, 2, 1].find((each) => each * power <= longest) ?? 1;
    return digit * power;
}

/**
 * Lines of the other planes; a handle at their ends turns them.
 * @param {CellView} cell
 * @param {SVGGElement} planes
 */
function drawPlanes(cell, planes) {
    const crosshairs = cell.state?.crosshairs;
    /** @type {SVGElement[]} */
    const drawn = [];
    const { ratio } = cell;
    for (const { ofCell, start: from, end } of crosshairs?.lines ?? []) {
        const [x1, y1] = from.map((value) => value / ratio);
        const [x2, y2] = end.map((value) => value / ratio);
        const stroke = `var(--plane-${ofCell % 4})`;
        const [cx, cy] = crosshairs?.at?.map((value) => value / ratio) ?? [(x1 + x2) / 2, (y1 + y2) / 2];
        // A gap at the place itself: what is looked at is not to be covered.
        for (const [x, y] of [[x1, y1], [x2, y2]]) {
            const length = Math.hypot(x - cx, y - cy);
            if (length > 14) {
                const near = { x: cx + ((x - cx) * 12) / length, y: cy + ((y - cy) * 12) / length };
                drawn.push(svg('line', { x1: near.x, y1: near.y, x2: x, y2: y, stroke }));
                const at = Math.min(length * 0.6, 150);
                drawn.push(
                    svg('circle', {
                        class: 'handle',
                        cx: cx + ((x - cx) * at) / length,
                        cy: cy + ((y - cy) * at) / length,
                        r: 5,
                        fill: stroke,
                        'data-turns': cell.index,
                    }),
                );
            }
        }
    }
    fill(planes, ...drawn);
}
