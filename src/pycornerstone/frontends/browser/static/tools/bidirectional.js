// @ts-check
/** The longest distance, and the one across it at a right angle. */

import { lengthOf, lengthText, scaleOf } from '../measures.js';
import { along, between, distance } from './tool.js';

/** @typedef {import('./tool.js').CanvasPoint} CanvasPoint */

/** @type {import('./tool.js').Tool} */
export const bidirectional = {
    kind: 'bidirectional',
    label: 'Bidirectional',
    key: 'b',
    hint: 'Drag along the longer one, then move the ends of the other',
    clicks: 2,
    statistics: null,
    drawn: ([a, b]) => across(a, b, 0.5, distance(a, b) / 4, distance(a, b) / 4),
    handles: (points) => points,
    dragged: (points, handle, to) => (handle < 2 ? longer(points, handle, to) : shorter(points, handle, to)),
    outline: ([a, b, c, d]) => ({ lines: [[a, b], [c, d]] }),
    measures({ place, points: [a, b, c, d] }) {
        const scale = scaleOf(place);
        const [width, length] = [lengthOf(place, a, b), lengthOf(place, c, d)].sort((x, y) => x - y);
        return {
            lines: [`L ${lengthText(length, scale)}`, `W ${lengthText(width, scale)}`],
            length,
            width,
        };
    },
};

/**
 * A line, and the one across it: at this part of it, so far to its sides.
 * @param {CanvasPoint} a
 * @param {CanvasPoint} b
 * @param {number} part
 * @param {number} left
 * @param {number} right
 * @returns {CanvasPoint[]}
 */
function across(a, b, part, left, right) {
    const at = between(a, b, part);
    const length = distance(a, b) || 1;
    const [x, y] = [-(b.y - a.y) / length, (b.x - a.x) / length];
    return [
        a,
        b,
        { x: at.x - x * left, y: at.y - y * left },
        { x: at.x + x * right, y: at.y + y * right },
    ];
}

/**
 * Where the second line meets the first, and how far it goes to its sides.
 * @param {CanvasPoint[]} points
 * @returns {{part: number, left: number, right: number}}
 */
function crossing([a, b, c, d]) {
    const part = along(between(c, d), a, b);
    const at = between(a, b, part);
    const length = distance(a, b) || 1;
    const [x, y] = [-(b.y - a.y) / length, (b.x - a.x) / length];
    return {
        part,
        left: -((c.x - at.x) * x + (c.y - at.y) * y),
        right: (d.x - at.x) * x + (d.y - at.y) * y,
    };
}

/** @param {CanvasPoint[]} points @param {number} handle @param {CanvasPoint} to */
function longer(points, handle, to) {
    const { part, left, right } = crossing(points);
    return handle === 0
        ? across(to, points[1], part, left, right)
        : across(points[0], to, part, left, right);
}

/** @param {CanvasPoint[]} points @param {number} handle @param {CanvasPoint} to */
function shorter(points, handle, to) {
    const [a, b] = points;
    const { left, right } = crossing(points);
    // It slides along the longer one, and does not leave it.
    const part = Math.min(1, Math.max(0, along(to, a, b)));
    const at = between(a, b, part);
    const length = distance(a, b) || 1;
    const side = ((to.x - at.x) * -(b.y - a.y) + (to.y - at.y) * (b.x - a.x)) / length;
    return handle === 2
        ? across(a, b, part, Math.max(0, -side), right)
        : across(a, b, part, left, Math.max(0, side));
}
