// @ts-check
/** The annotations of the page: a list that is never changed but replaced, so that a step back is the list before. */

/** @typedef {import('./world.js').Vector} Vector */
/** @typedef {import('./world.js').Place} Place */

/** @typedef {'length'|'angle'|'bidirectional'|'rectangle'|'ellipse'|'probe'|'arrow'} Kind */

/**
 * Something drawn over an image; it is never changed, another one takes its place.
 * @typedef {object} Annotation
 * @property {string} id
 * @property {Kind} kind
 * @property {Vector[]} points In the space of its place; what each is for, its tool says.
 * @property {Place} place
 * @property {string} text
 * @property {string} made When, as ISO 8601.
 */

/**
 * What was there before each step, and what can be done again; the newest is last.
 * @typedef {object} Steps
 * @property {readonly (readonly Annotation[])[]} before
 * @property {readonly (readonly Annotation[])[]} undone
 */

/** How many steps can be taken back. */
const STEPS = 200;

/** How many points each kind has. @type {Record<Kind, number>} */
export const POINTS = {
    length: 2,
    angle: 3,
    bidirectional: 4,
    rectangle: 4,
    ellipse: 4,
    probe: 1,
    arrow: 2,
};

/** How many characters a text may have. */
export const LONGEST_TEXT = 500;

/** Annotations, the one that is selected, and the steps that can be taken back. */
export class Annotations {
    /** @type {readonly Annotation[]} */
    all = [];
    /** @type {string|null} */
    selectedId = null;
    /** @type {(readonly Annotation[])[]} */
    #before = [];
    /** @type {(readonly Annotation[])[]} */
    #undone = [];
    /** What was there when a drag began. @type {(readonly Annotation[])|null} */
    #begun = null;
    /** @type {() => void} */
    #changed;

    /** @param {() => void} changed Called after each change. */
    constructor(changed = () => undefined) {
        this.#changed = changed;
    }

    /** @returns {Annotation|null} */
    get selected() {
        return this.find(this.selectedId);
    }

    get canUndo() {
        return this.#before.length > 0;
    }

    get canRedo() {
        return this.#undone.length > 0;
    }

    /** @param {string|null} id @returns {Annotation|null} */
    find(id) {
        return this.all.find((annotation) => annotation.id === id) ?? null;
    }

    /** @param {string|null} id */
    select(id) {
        if (this.selectedId !== id) {
            this.selectedId = id;
            this.#changed();
        }
    }

    /** @param {Annotation[]} added The last of them is selected. */
    add(...added) {
        const ids = new Set(added.map(({ id }) => id));
        this.selectedId = added.at(-1)?.id ?? this.selectedId;
        this.#step([...this.all.filter(({ id }) => !ids.has(id)), ...added]);
    }

    /** @param {string} id @param {Partial<Annotation>} changes */
    change(id, changes) {
        this.#step(this.#with(id, changes));
    }

    /** @param {string} id */
    remove(id) {
        if (this.find(id)) {
            this.#step(this.all.filter((annotation) => annotation.id !== id));
        }
    }

    clear() {
        if (this.all.length) {
            this.#step([]);
        }
    }

    /** @returns {Steps} */
    get steps() {
        return { before: this.#before, undone: this.#undone };
    }

    /**
     * What this tab had before the page was loaded again.
     * @param {readonly Annotation[]} list
     * @param {Steps} [steps] Without them, no step leads back.
     */
    bringBack(list, { before, undone } = { before: [], undone: [] }) {
        this.all = list;
        this.#before = [...before];
        this.#undone = [...undone];
        this.#changed();
    }

    /** Begin a drag, whose steps are one step back together. */
    begin() {
        this.#begun = this.all;
    }

    /** @param {Annotation} annotation Drawn by the drag that goes on, and selected. */
    put(annotation) {
        this.selectedId = annotation.id;
        this.all = [...this.all, annotation];
        this.#changed();
    }

    /** @param {string} id @param {Partial<Annotation>} changes While a drag goes on. */
    show(id, changes) {
        this.all = this.#with(id, changes);
        this.#changed();
    }

    /** End the drag. */
    end() {
        const begun = this.#begun;
        this.#begun = null;
        if (begun && begun !== this.all) {
            const after = this.all;
            this.all = begun;
            this.#step(after);
        }
    }

    /** Break the drag off: all is as it was. */
    drop() {
        if (this.#begun) {
            this.all = this.#begun;
            this.#begun = null;
            if (!this.selected) {
                this.selectedId = null;
            }
            this.#changed();
        }
    }

    undo() {
        this.#swap(this.#before, this.#undone);
    }

    redo() {
        this.#swap(this.#undone, this.#before);
    }

    /** @param {(readonly Annotation[])[]} from @param {(readonly Annotation[])[]} to */
    #swap(from, to) {
        const list = from.pop();
        if (list && !this.#begun) {
            to.push(this.all);
            this.all = list;
            if (!this.selected) {
                this.selectedId = null;
            }
            this.#changed();
        } else if (list) {
            from.push(list);
        }
    }

    /** @param {readonly Annotation[]} list */
    #step(list) {
        this.#before.push(this.all);
        if (this.#before.length > STEPS) {
            this.#before.shift();
        }
        this.#undone = [];
        this.all = list;
        if (!this.find(this.selectedId)) {
            this.selectedId = null;
        }
        this.#changed();
    }

    /** @param {string} id @param {Partial<Annotation>} changes */
    #with(id, changes) {
        return this.all.map((annotation) =>
            annotation.id === id ? { ...annotation, ...changes } : annotation,
        );
    }
}

/**
 * @param {Kind} kind
 * @param {Vector[]} points
 * @param {Place} place
 * @returns {Annotation}
 */
export function made(kind, points, place) {
    // Not `randomUUID`, which pages have only over https or from this machine.
    const random = crypto.getRandomValues(new Uint8Array(8));
    const id = Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
    return { id, kind, points, place, text: '', made: new Date().toISOString() };
}
