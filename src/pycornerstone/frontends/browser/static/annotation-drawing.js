// @ts-check
/** Draws the annotations over the cells, in SVG. */

import { onCanvas } from './annotation-hits.js';
import { statisticsIn } from './annotation-statistics.js';
import { annotations, hovered } from './annotation-store.js';
import { svg } from './dom.js';
import { scaleOf, statisticsLines } from './measures.js';
import { TOOL_OF } from './tools.js';
import { isShown } from './world.js';

/** @typedef {import('./annotations.js').Annotation} Annotation */
/** @typedef {import('./state.js').CellView} CellView */
/** @typedef {import('./state.js').CanvasPoint} CanvasPoint */

/** The sizes of letters, in a cell that is small and in others; tools.css has the same. */
const LETTERS = { small: 12, usual: 14 };
/** What is left free for the scroll bar. */
const RIGHT = 22;
const GAP = 12;

/** Measures texts without laying out the page. */
const ruler = document.createElement('canvas').getContext('2d');
let fontFamily = '';

/** Where a text is. @typedef {{x: number, y: number, width: number, height: number}} Box */

/** @type {WeakMap<CellView, SVGGElement>} */
const groups = new WeakMap();

/** @param {CellView} cell */
export function draw(cell) {
    let group = groups.get(cell);
    if (!group) {
        group = svg('g', { class: 'annotations' });
        groups.set(cell, group);
    }
    if (!group.parentNode) {
        cell.overlaySvg.append(group);
    }
    const { state } = cell;
    const shown = state ? annotations.all.filter(({ place }) => isShown(place, state)) : [];
    /** @type {Box[]} */
    const taken = [];
    group.replaceChildren(
        ...shown.map((annotation) => shape(annotation, cell)),
        // Over all lines.
        ...shown.map((annotation) => text(annotation, cell, taken)).filter((each) => each !== null),
    );
}

/**
 * @param {CellView} cell
 * @param {Annotation} annotation
 * @returns {CanvasPoint[]} In pixels of CSS.
 */
export function onPage(cell, annotation) {
    const points = cell.state ? onCanvas(annotation, cell.state) : [];
    return points.map(({ x, y }) => ({ x: x / cell.ratio, y: y / cell.ratio }));
}

/**
 * @param {Annotation} annotation
 * @param {CellView} cell
 * @returns {SVGGElement}
 */
function shape(annotation, cell) {
    const tool = TOOL_OF[annotation.kind];
    const points = onPage(cell, annotation);
    const outline = tool.outline(points, 1);
    const lines = outline.lines.map((line) => path(line)).join('');
    const faint = (outline.faint ?? []).map((line) => path(line)).join('');
    const solid = (outline.solid ?? []).map((line) => `${path(line)}Z`).join('');
    const isSelected = annotation.id === annotations.selectedId;
    const isHandled = isSelected || annotation.id === hovered.id;
    return svg(
        'g',
        {
            class: `annotation${isSelected ? ' selected' : ''}`,
            'data-annotation': annotation.id,
        },
        svg('path', { class: 'annotation-shadow', d: lines + faint + solid }),
        svg('path', { class: 'annotation-line', d: lines }),
        faint && svg('path', { class: 'annotation-line faint', d: faint }),
        solid && svg('path', { class: 'annotation-line solid', d: solid }),
        ...(isHandled ? tool.handles(points) : []).map(({ x, y }) =>
            svg('circle', { class: 'annotation-handle', cx: x, cy: y, r: 5 }),
        ),
    );
}

/** @param {CanvasPoint[]} line */
function path(line) {
    return line.map(({ x, y }, index) => `${index ? 'L' : 'M'}${x.toFixed(2)} ${y.toFixed(2)}`).join('');
}

/**
 * What is written beside an annotation in a cell, and what is to be known of it.
 * @param {Annotation} annotation
 * @param {CellView} cell
 * @returns {{lines: string[], reason: string, isOld: boolean}}
 */
export function textOf(annotation, cell) {
    const tool = TOOL_OF[annotation.kind];
    const { lines } = tool.measures(annotation);
    const hasLength = lines.length > 0 && annotation.kind !== 'angle';
    const reason = hasLength ? scaleOf(annotation.place).reason : '';
    const before = annotation.text ? annotation.text.split('\n') : [];
    if (!tool.statistics) {
        return { lines: [...before, ...lines], reason, isOld: false };
    }
    const { said, isOld, why } = statisticsIn(annotation, cell);
    const values = said ? statisticsLines(said) : why ? ['no values'] : ['…'];
    const count = said && annotation.kind !== 'probe' ? `  n = ${said.count}` : '';
    const [area = '', ...others] = lines;
    return {
        lines: [...before, ...values, ...(area ? [area + count] : []), ...others],
        reason: [reason, why].filter(Boolean).join(' '),
        isOld: isOld && said !== null,
    };
}

/**
 * @param {Annotation} annotation
 * @param {CellView} cell
 * @param {Box[]} taken By other texts; its own is added.
 * @returns {SVGElement|null}
 */
function text(annotation, cell, taken) {
    const { lines, reason, isOld } = textOf(annotation, cell);
    if (lines.length === 0) {
        return null;
    }
    const size = letters(cell);
    const width = Math.max(...lines.map((line) => widthOf(line, size)));
    const height = size * 1.3;
    const first = textPlace(annotation, onPage(cell, annotation), cell, width, lines.length);
    const wanted = { x: first.x - 4, y: first.y - size - 1, width: width + 8, height: lines.length * height + 5 };
    const box = free(wanted, taken, cell.element.clientHeight);
    taken.push(box);
    const { x } = first;
    const y = box.y + size + 1;
    const isSelected = annotation.id === annotations.selectedId;
    return svg(
        'g',
        { class: `annotation annotation-text${isSelected ? ' selected' : ''}${isOld ? ' old' : ''}` },
        reason && svg('title', {}, reason),
        svg('rect', { ...box, rx: 4 }),
        svg(
            'text',
            {},
            ...lines.map((line, index) => svg('tspan', { x, y: y + index * height }, line)),
        ),
    );
}

/**
 * The next place below that no other text has; the place itself if there is none.
 * @param {Box} box
 * @param {Box[]} taken
 * @param {number} bottom
 * @returns {Box}
 */
function free(box, taken, bottom) {
    let found = box;
    for (let tries = 0; tries <= taken.length; tries += 1) {
        const { x, y, width, height } = found;
        const other = taken.find(
            (each) => each.x < x + width && x < each.x + each.width && each.y < y + height && y < each.y + each.height,
        );
        if (!other) {
            return y + height > bottom ? box : found;
        }
        found = { ...found, y: other.y + other.height + 1 };
    }
    return box;
}

/** @param {CellView} cell */
function letters(cell) {
    return cell.element.classList.contains('small') ? LETTERS.small : LETTERS.usual;
}

/** @param {string} line @param {number} size */
function widthOf(line, size) {
    if (!ruler) {
        return line.length * size * 0.55;
    }
    fontFamily ||= getComputedStyle(document.body).fontFamily;
    ruler.font = `${size}px ${fontFamily}`;
    return ruler.measureText(line).width;
}

/**
 * Where the first line begins: beside the point that is furthest to the right, or if there is no room
 * the one furthest to the left; the text of an arrow at its end.
 * @param {Annotation} annotation
 * @param {CanvasPoint[]} points
 * @param {CellView} cell
 * @param {number} wide
 * @param {number} count Of the lines.
 * @returns {CanvasPoint}
 */
export function textPlace(annotation, points, cell, wide, count) {
    const { clientWidth, clientHeight } = cell.element;
    const size = letters(cell);
    const handles = TOOL_OF[annotation.kind].handles(points);
    const isArrow = annotation.kind === 'arrow';
    const right = isArrow ? points[1] : handles.reduce((best, each) => (each.x > best.x ? each : best));
    const left = isArrow ? points[1] : handles.reduce((best, each) => (each.x < best.x ? each : best));
    const most = clientWidth - RIGHT - wide;
    const isLeft = isArrow ? points[1].x < points[0].x : right.x + GAP > most;
    const goesLeft = isLeft && left.x - GAP - wide > 4;
    const at = goesLeft ? left : right;
    const x = goesLeft ? left.x - GAP - wide : right.x + GAP;
    return {
        x: Math.max(6, Math.min(x, most)),
        y: Math.max(size + 4, Math.min(at.y + size / 3, clientHeight - (count - 1) * size * 1.3 - 8)),
    };
}
