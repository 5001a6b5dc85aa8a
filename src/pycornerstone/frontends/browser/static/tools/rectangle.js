// @ts-check
/** A rectangle, and the samples in it. */

import { areaText, rectangleArea, scaleOf } from '../measures.js';
import { parts, sides, stepped, upright } from './tool.js';

/** @type {import('./tool.js').Tool} */
export const rectangle = {
    kind: 'rectangle',
    label: 'Rectangle',
    key: 'd',
    hint: 'Drag from corner to corner',
    clicks: 2,
    statistics: 'rectangle',
    drawn: upright,
    handles: (points) => points,
    dragged(points, handle, to) {
        const steps = sides(points);
        const fixed = points[(handle + 2) % 4];
        const [across, down] = parts(fixed, to, steps);
        const corner = {
            side: stepped(fixed, steps, across, 0),
            below: stepped(fixed, steps, 0, down),
        };
        // The corner behind the handle shares its side with it or with the fixed one, by turns.
        const [next, last] =
            handle % 2 === 0 ? [corner.below, corner.side] : [corner.side, corner.below];
        const moved = [...points];
        moved[handle] = to;
        moved[(handle + 1) % 4] = next;
        moved[(handle + 3) % 4] = last;
        return moved;
    },
    outline: (points) => ({ lines: [[...points, points[0]]] }),
    measures({ place, points }) {
        const area = rectangleArea(place, points);
        return { lines: [`Area ${areaText(area, scaleOf(place))}`], area };
    },
};
