// @ts-check
/** The value at a point. */

/** @type {import('./tool.js').Tool} */
export const probe = {
    kind: 'probe',
    label: 'Probe',
    key: 'o',
    hint: 'Click at a point for its value',
    clicks: 1,
    statistics: 'probe',
    drawn: (clicked) => clicked,
    handles: (points) => points,
    dragged: (_points, _handle, to) => [to],
    outline([{ x, y }], size) {
        const [near, far] = [3 * size, 9 * size];
        return {
            lines: [
                [{ x: x - far, y }, { x: x - near, y }],
                [{ x: x + near, y }, { x: x + far, y }],
                [{ x, y: y - far }, { x, y: y - near }],
                [{ x, y: y + near }, { x, y: y + far }],
            ],
        };
    },
    measures: () => ({ lines: [] }),
};
