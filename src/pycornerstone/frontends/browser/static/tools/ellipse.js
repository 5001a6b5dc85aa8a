// @ts-check
/** An ellipse, and the samples in it. */

import { areaText, ellipseArea, scaleOf } from '../measures.js';
import { between, parts, sides, stepped, upright } from './tool.js';

/** So many that the corners of the line are less than a pixel from the curve. */
const STEPS = 180;

/** @type {import('./tool.js').Tool} */
export const ellipse = {
    kind: 'ellipse',
    label: 'Ellipse',
    key: 'e',
    hint: 'Drag from corner to corner of what is round it',
    clicks: 2,
    statistics: 'ellipse',
    drawn: upright,
    /** The ends of its axes: above, right, below, left. */
    handles: (points) => points.map((point, index) => between(point, points[(index + 1) % 4])),
    dragged(points, handle, to) {
        const steps = sides(points);
        const [across, down] = parts(points[handle], to, steps);
        const isUpright = handle % 2 === 0;
        const moved = [...points];
        for (const corner of [handle, (handle + 1) % 4]) {
            moved[corner] = stepped(points[corner], steps, isUpright ? 0 : across, isUpright ? down : 0);
        }
        return moved;
    },
    outline(points) {
        const [a, b, c, d] = points;
        const center = between(a, c);
        const [right, below] = [between(b, c), between(c, d)];
        const line = Array.from({ length: STEPS + 1 }, (_, step) => {
            const turn = (2 * Math.PI * step) / STEPS;
            const [cosine, sine] = [Math.cos(turn), Math.sin(turn)];
            return {
                x: center.x + (right.x - center.x) * cosine + (below.x - center.x) * sine,
                y: center.y + (right.y - center.y) * cosine + (below.y - center.y) * sine,
            };
        });
        return { lines: [line] };
    },
    measures({ place, points }) {
        const area = ellipseArea(place, points);
        return { lines: [`Area ${areaText(area, scaleOf(place))}`], area };
    },
};
