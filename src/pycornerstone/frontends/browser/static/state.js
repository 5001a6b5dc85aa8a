// @ts-check
/** What the page knows now, and the place where its modules meet. */

/** @typedef {import('./messages.js').Welcome} Welcome */
/** @typedef {import('./messages.js').Arranged} Arranged */
/** @typedef {import('./messages.js').Frame} Frame */
/** @typedef {import('./messages.js').Answer} Answer */
/** @typedef {import('./messages.js').CellState} CellState */
/** @typedef {import('./messages.js').FromPage} FromPage */

/**
 * A question, before it has its number.
 * @typedef {Omit<import('./messages.js').AskMetadata, 'question'> | Omit<import('./messages.js').AskStatistics, 'question'> | Omit<import('./messages.js').AskPython, 'question'>} Asked
 */

/**
 * A point of a cell's canvas, in its pixels (those of the screen): the middle of the first is (0.5, 0.5).
 * @typedef {object} CanvasPoint
 * @property {number} x
 * @property {number} y
 */

/**
 * A place of the layout, as it stands on the page.
 * @typedef {object} CellView
 * @property {number} index From 0, row by row.
 * @property {HTMLElement} element
 * @property {HTMLCanvasElement} canvas
 * @property {SVGSVGElement} overlaySvg Over the canvas, in CSS pixels; who draws there has a `<g>` of its own.
 * @property {CellState|null} state How the frame on the canvas was drawn; null if there is none.
 * @property {number} ratio How many pixels of the canvas one CSS pixel is.
 * @property {boolean} empty Whether nothing is shown there.
 */

/**
 * What takes pointers before the page's own tools do; where `down` says true, the rest of the drag is its.
 * @typedef {object} PointerHandler
 * @property {(cell: CellView, point: CanvasPoint, event: PointerEvent) => boolean} down
 * @property {(cell: CellView, point: CanvasPoint, event: PointerEvent) => void} move
 * @property {(cell: CellView, point: CanvasPoint, event: PointerEvent) => void} up Also if the drag was broken off: `event.type` is then `pointercancel`.
 * @property {(cell: CellView, point: CanvasPoint, event: PointerEvent) => boolean} hover No button is down; true if it is over something of its.
 * @property {(cell: CellView, point: CanvasPoint, event: MouseEvent) => boolean} [doubleClick] True if it was for it.
 * @property {(event: KeyboardEvent) => boolean} [key] True if the key was for it.
 */

/**
 * From an input to the frame that shows what it did, in the time of `performance.now()`.
 * @typedef {object} Timing
 * @property {number} sent When the input happened.
 * @property {number} drawn When the frame that answers it was on the canvas.
 */

/**
 * `lost`: tried again; `gone`: for long; `refused`: another server answers; `full`: too many pages are open;
 * `resting`: ended by the server, as nobody was there.
 * @typedef {'open'|'lost'|'gone'|'refused'|'full'|'resting'} Connection
 */

/**
 * What happens, and what is told of it.
 * @typedef {object} Events
 * @property {Welcome} welcome
 * @property {Arranged} arranged The cells of the layout are there (`app.cells`).
 * @property {Frame} frame It is on the canvas, and `state` of its cell is of it.
 * @property {number} active Which cell keys and buttons go to.
 * @property {string} tool What the first button does.
 * @property {number} layer The series that windows and colours are of, among those over each other.
 * @property {import('./messages.js').Progress} progress
 * @property {import('./messages.js').Notice} notice To be read by the user.
 * @property {import('./messages.js').Empty} empty
 * @property {boolean} texts Whether the texts are hidden.
 * @property {Connection} connection
 * @property {import('./messages.js').Keep} keep What the server gives to be kept.
 * @property {number|null} large The cell that fills the page, or null.
 * @property {null} annotations Another, fewer, or changed ones.
 * @property {null} help The list of keys was asked for.
 * @property {number} resize The cell whose size on the page changed.
 */

export const app = {
    /** @type {Welcome|null} */
    welcome: null,
    /** @type {Arranged|null} */
    arranged: null,
    /** @type {Map<number, CellView>} */
    cells: new Map(),
    activeCell: 0,
    /** `window`, `pan`, `zoom`, `scroll`, `crosshairs`, or one of the annotations. */
    tool: 'window',
    textsHidden: false,
    /** @type {number|null} */
    largeCell: null,
    /** @type {Connection} */
    connection: 'lost',
    /** The newest 500 of each cell. @type {Map<number, Timing[]>} */
    timings: new Map(),
    /** Asked first to last. @type {PointerHandler[]} */
    handlers: [],
    /** The newest word on loading, by series. @type {Map<number, import('./messages.js').Progress>} */
    progress: new Map(),
};

/** @type {Map<string, Set<(detail: any) => void>>} */
const listeners = new Map();

/**
 * Call this whenever it happens.
 * @template {keyof Events} Name
 * @param {Name} name
 * @param {(detail: Events[Name]) => void} listener
 * @returns {() => void} Ends it.
 */
export function on(name, listener) {
    const others = listeners.get(name) ?? new Set();
    listeners.set(name, others);
    others.add(listener);
    return () => others.delete(listener);
}

/**
 * Tell all who listen.
 * @template {keyof Events} Name
 * @param {Name} name
 * @param {Events[Name]} detail
 */
export function emit(name, detail) {
    for (const listener of listeners.get(name) ?? []) {
        try {
            listener(detail);
        } catch (error) {
            // One panel that fails must not keep the frames from the others.
            console.error(error);
        }
    }
}

/** @type {(message: FromPage, happened?: number) => number} */
let sender = () => 0;

/**
 * Say how messages are sent; the socket does, once.
 * @param {(message: FromPage, happened?: number) => number} how
 */
export function setSender(how) {
    sender = how;
}

/**
 * Say this to the server, as soon as there is a connection.
 * @param {FromPage} message
 * @param {number} [happened] The `timeStamp` of the input it comes from, if its time is to be measured.
 * @returns {number} Which of the connection's messages it was, from 1; 0 if it was not sent yet.
 */
export function send(message, happened) {
    return sender(message, happened);
}

/** @type {Map<number, {resolve: (answer: Answer) => void, reject: (error: Error) => void}>} */
const questions = new Map();
let lastQuestion = 0;

/**
 * Ask the server; the number of the question is put in.
 * @param {Asked} message
 * @returns {Promise<Answer>} Rejected with the server's words, or if the connection is lost.
 */
export function ask(message) {
    lastQuestion += 1;
    const question = lastQuestion;
    return new Promise((resolve, reject) => {
        questions.set(question, { resolve, reject });
        send(/** @type {FromPage} */ ({ ...message, question }));
    });
}

/**
 * Give the answer to who asked.
 * @param {Answer | import('./messages.js').Failed} said
 */
export function answered(said) {
    const asked = questions.get(said.question);
    questions.delete(said.question);
    if (said.type === 'Answer') {
        asked?.resolve(said);
    } else {
        asked?.reject(new Error(said.text));
    }
}

/** Tell all who still wait that no answer will come. */
export function giveUpQuestions() {
    for (const { reject } of questions.values()) {
        reject(new Error('The connection to the server was lost.'));
    }
    questions.clear();
}

/** @returns {CellView|undefined} The cell that keys and buttons go to. */
export function activeCell() {
    return app.cells.get(app.activeCell);
}

/**
 * Keys and buttons go to this cell from now on.
 * @param {number} index
 */
export function setActive(index) {
    if (app.activeCell !== index && app.cells.has(index)) {
        app.activeCell = index;
        emit('active', index);
    }
}

/**
 * What the first button of the mouse does from now on.
 * @param {string} tool
 */
export function setTool(tool) {
    app.tool = tool;
    emit('tool', tool);
}

/**
 * Let this see pointers before the page's own tools do.
 * @param {PointerHandler} handler
 */
export function registerPointerHandler(handler) {
    app.handlers.push(handler);
}
