// @ts-check
/** What a tool for annotations is, and the geometry on the canvas that several share. */

/** @typedef {import('../state.js').CanvasPoint} CanvasPoint */
/** @typedef {import('../annotations.js').Annotation} Annotation */
/** @typedef {import('../annotations.js').Kind} Kind */

/**
 * Lines to be drawn, each through its points.
 * @typedef {object} Outline
 * @property {CanvasPoint[][]} lines
 * @property {CanvasPoint[][]} [faint] Dashed: they only show what belongs together.
 * @property {CanvasPoint[][]} [solid] Closed and filled.
 */

/**
 * What is measured by geometry alone; in the unit of `scaleOf`, degrees, or its square.
 * @typedef {object} Measures
 * @property {string[]} lines As texts.
 * @property {number} [length]
 * @property {number} [width] The shorter of two lengths.
 * @property {number} [angle]
 * @property {number} [area]
 */

/**
 * A kind of annotation. All of it happens in points of the canvas.
 * @typedef {object} Tool
 * @property {Kind} kind
 * @property {string} label
 * @property {string} key That chooses it.
 * @property {string} hint How it is drawn.
 * @property {number} clicks How many places are pointed at to draw it.
 * @property {'rectangle'|'ellipse'|'probe'|null} statistics
 * @property {(clicked: CanvasPoint[]) => CanvasPoint[]} drawn Its points, from places pointed at.
 * @property {(points: CanvasPoint[]) => CanvasPoint[]} handles
 * @property {(points: CanvasPoint[], handle: number, to: CanvasPoint) => CanvasPoint[]} dragged
 * @property {(points: CanvasPoint[], size: number) => Outline} outline `size` is one pixel of CSS on the canvas.
 * @property {(annotation: Annotation) => Measures} measures
 */

/** @param {CanvasPoint} a @param {CanvasPoint} b */
export function distance(a, b) {
    return Math.hypot(b.x - a.x, b.y - a.y);
}

/** @param {CanvasPoint} a @param {CanvasPoint} b @param {number} part @returns {CanvasPoint} */
export function between(a, b, part = 0.5) {
    return { x: a.x + (b.x - a.x) * part, y: a.y + (b.y - a.y) * part };
}

/** @param {CanvasPoint} point @param {CanvasPoint} from @param {CanvasPoint} to */
export function distanceToSegment(point, from, to) {
    return distance(point, between(from, to, Math.min(1, Math.max(0, along(point, from, to)))));
}

/**
 * How far along a line the foot of a point is: 0 at `from`, 1 at `to`.
 * @param {CanvasPoint} point
 * @param {CanvasPoint} from
 * @param {CanvasPoint} to
 */
export function along(point, from, to) {
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const square = dx * dx + dy * dy;
    return square === 0 ? 0 : ((point.x - from.x) * dx + (point.y - from.y) * dy) / square;
}

/**
 * How near a point is to what is drawn.
 * @param {Outline} outline
 * @param {CanvasPoint} point
 */
export function distanceToOutline({ lines, solid = [] }, point) {
    let nearest = Infinity;
    for (const line of [...lines, ...solid]) {
        line.forEach((to, index) => {
            const from = line[Math.max(0, index - 1)];
            nearest = Math.min(nearest, distanceToSegment(point, from, to));
        });
    }
    return nearest;
}

/**
 * @param {CanvasPoint[]} points
 * @param {number} index
 * @param {CanvasPoint} by
 * @returns {CanvasPoint[]}
 */
export function replaced(points, index, by) {
    return points.map((point, each) => (each === index ? by : point));
}

/**
 * The corners in turn of an upright rectangle between two places.
 * @param {CanvasPoint[]} clicked
 * @returns {CanvasPoint[]}
 */
export function upright([a, c]) {
    return [a, { x: c.x, y: a.y }, c, { x: a.x, y: c.y }];
}

/**
 * The sides of a rectangle that may be turned, as steps from its first corner; upright where it has none.
 * @param {CanvasPoint[]} corners
 * @returns {[CanvasPoint, CanvasPoint]} Of length 1.
 */
export function sides([a, b, , d]) {
    const [across, down] = [distance(a, b), distance(a, d)];
    if (across < 1e-9 && down < 1e-9) {
        return [{ x: 1, y: 0 }, { x: 0, y: 1 }];
    }
    const u = across < 1e-9 ? null : { x: (b.x - a.x) / across, y: (b.y - a.y) / across };
    const v = down < 1e-9 ? null : { x: (d.x - a.x) / down, y: (d.y - a.y) / down };
    return [
        u ?? { x: /** @type {CanvasPoint} */ (v).y, y: -(/** @type {CanvasPoint} */ (v).x) },
        v ?? { x: -(/** @type {CanvasPoint} */ (u).y), y: /** @type {CanvasPoint} */ (u).x },
    ];
}

/**
 * What lengths along two steps lead from one point to another.
 * @param {CanvasPoint} from
 * @param {CanvasPoint} to
 * @param {[CanvasPoint, CanvasPoint]} steps
 * @returns {[number, number]}
 */
export function parts(from, to, [u, v]) {
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const determinant = u.x * v.y - u.y * v.x;
    return [(dx * v.y - dy * v.x) / determinant, (dy * u.x - dx * u.y) / determinant];
}

/**
 * @param {CanvasPoint} from
 * @param {[CanvasPoint, CanvasPoint]} steps
 * @param {number} across
 * @param {number} down
 * @returns {CanvasPoint}
 */
export function stepped(from, [u, v], across, down) {
    return { x: from.x + u.x * across + v.x * down, y: from.y + u.y * across + v.y * down };
}
