// @ts-check
/** Canvas and world: where points of the one are in the other, and which places a cell shows. */

/** @typedef {[number, number, number]} Vector */
/** @typedef {import('./messages.js').Grid} Grid */
/** @typedef {import('./messages.js').CellState} CellState */
/** @typedef {import('./state.js').CanvasPoint} CanvasPoint */

/**
 * What an annotation lies on, in the space of its cell's `toWorld`.
 * @typedef {object} Place
 * @property {'mm'|'px'} unit Of its points: mm of patient space (LPS), or (column, row, 0) of an image.
 * @property {string|null} frameOfReferenceUid
 * @property {string|null} imageId
 * @property {number|null} series Its number in this viewer; null if it is of another.
 * @property {number} sliceIndex
 * @property {string|null} orientation In which the slices are counted; null for a stack.
 * @property {Vector} origin A point of its plane.
 * @property {Vector} normal Of its plane, of length 1.
 * @property {[number, number]|null} spacingMm The (row, column) sizes of pixels, where `unit` is px and they are known.
 * @property {boolean} isCalibrated False if its lengths may not be the patient's.
 */

/** For planes that are said to be parallel: the cosine of 1 degree. */
const PARALLEL = Math.cos(Math.PI / 180);
/** Of a slice whose distance to the next is not known. */
const USUAL_DISTANCE_MM = 1;

/** @param {Vector} a @param {Vector} b @returns {Vector} */
export function plus(a, b) {
    return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

/** @param {Vector} a @param {Vector} b @returns {Vector} */
export function minus(a, b) {
    return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

/** @param {Vector} a @param {number} factor @returns {Vector} */
export function times(a, factor) {
    return [a[0] * factor, a[1] * factor, a[2] * factor];
}

/** @param {Vector} a @param {Vector} b */
export function dot(a, b) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** @param {Vector} a @param {Vector} b @returns {Vector} */
export function cross(a, b) {
    return [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ];
}

/** @param {Vector} a */
export function norm(a) {
    return Math.hypot(a[0], a[1], a[2]);
}

/** @param {Vector} a @param {Vector} b @returns {Vector} Half way. */
export function middle(a, b) {
    return times(plus(a, b), 0.5);
}

/**
 * @param {Grid} grid
 * @param {CanvasPoint} point
 * @returns {Vector}
 */
export function toWorld(grid, point) {
    return plus(grid.origin, plus(times(grid.right, point.x), times(grid.down, point.y)));
}

/**
 * Where a point is on the canvas, seen along the normal if it is not in the plane.
 * @param {Grid} grid
 * @param {Vector} world
 * @returns {CanvasPoint}
 */
export function toCanvas(grid, world) {
    const { right, down } = grid;
    const from = minus(world, grid.origin);
    // Least squares, as right and down need not be at right angles in pixels of other sizes.
    const [a, b, c] = [dot(right, right), dot(right, down), dot(down, down)];
    const [u, v] = [dot(from, right), dot(from, down)];
    const determinant = a * c - b * b;
    return { x: (u * c - v * b) / determinant, y: (v * a - u * b) / determinant };
}

/** @param {Grid} grid @returns {Vector} Of length 1, away from who looks. */
export function normalOf(grid) {
    const across = cross(grid.right, grid.down);
    return times(across, 1 / norm(across));
}

/** @param {CellState} state @returns {Place} Of what is drawn in this cell now. */
export function placeOf(state) {
    const grid = state.toWorld;
    return {
        unit: grid.unit,
        frameOfReferenceUid: state.frameOfReferenceUid,
        imageId: state.imageId,
        series: state.series,
        sliceIndex: state.sliceIndex,
        orientation: state.orientation,
        origin: grid.origin,
        normal: normalOf(grid),
        spacingMm: grid.spacingMm,
        isCalibrated: grid.isCalibrated,
    };
}

/**
 * Whether what lies at a place is to be seen in a cell: on its image, or its plane within half a slice.
 * @param {Place} place
 * @param {CellState} state
 */
export function isShown(place, state) {
    const grid = state.toWorld;
    if (place.unit !== grid.unit) {
        return false;
    }
    const isSameSeries = place.series !== null && place.series === state.series;
    const bothImages = place.imageId !== null && state.imageId !== null;
    if (place.unit === 'px') {
        return bothImages
            ? place.imageId === state.imageId
            : isSameSeries && place.sliceIndex === state.sliceIndex;
    }
    if (isSameSeries && bothImages && !(state.numberOfTimePoints > 1)) {
        // Images of one stack may lie in the same plane; points in time to choose from are compared.
        return place.imageId === state.imageId && isParallel(place, normalOf(grid));
    }
    const isSameSpace =
        place.frameOfReferenceUid !== null && state.frameOfReferenceUid !== null
            ? place.frameOfReferenceUid === state.frameOfReferenceUid
            : isSameSeries;
    return isSameSpace && isInPlane(place, state);
}

/** @param {Place} place @param {Vector} normal */
function isParallel(place, normal) {
    return Math.abs(dot(normal, place.normal)) >= PARALLEL;
}

/**
 * @param {Place} place
 * @param {CellState} state
 */
function isInPlane(place, state) {
    const grid = state.toWorld;
    const normal = normalOf(grid);
    if (!isParallel(place, normal)) {
        return false;
    }
    // Along one and the same direction from whichever side it is seen, so that a place
    // half way between two slices is on one of them only.
    const first = normal.find((part) => Math.abs(part) > 1e-6) ?? 1;
    const distance = dot(minus(place.origin, grid.origin), normal) * Math.sign(first);
    const half = (state.sliceDistanceMm ?? USUAL_DISTANCE_MM) / 2;
    const leeway = 1e-4;
    return distance >= -half - leeway && distance < half - leeway;
}
