// @ts-check
/** The connection to the server: kept up, tried again when it is lost, and said when it is gone. */

import { app, answered, emit, giveUpQuestions, setSender } from './state.js';
import { readFrame, readMessage } from './messages.js';
import { forgetSaid, heardUpTo, saidAt } from './timings.js';

/** @typedef {import('./messages.js').FromPage} FromPage */

/** @type {WebSocket|null} */
let socket = null;
/** What was said before the first connection. @type {{message: FromPage, happened: number|undefined}[]} */
let queue = [];
let tries = 0;
let wasOpen = false;
let said = 0;
/** @type {ReturnType<typeof setTimeout>|undefined} */
let nextTry;
/** @type {(header: import('./messages.js').Frame, picture: Blob) => void} */
let showFrame = () => undefined;
/** @type {() => string|null} */
let keptText = () => null;

const WAITS = [250, 500, 1000, 2000, 4000];
const TRIES_UNTIL_GONE = 8;
/** Then it is tried for ever, but not so often. */
const WAIT_WHEN_GONE = 15_000;
/** Codes that the server ends a connection with (RFC 6455, section 7.4). */
const TOO_MANY = 1013;
const NOBODY_THERE = 4000;

/**
 * Connect, and stay so.
 * @param {(header: import('./messages.js').Frame, picture: Blob) => void} onFrame
 * @param {() => string|null} kept Gives what brings back what this tab has shown.
 */
export function connect(onFrame, kept) {
    showFrame = onFrame;
    keptText = kept;
    setSender(say);
    open();
    addEventListener('online', tryAgain);
    document.addEventListener('visibilitychange', () => !document.hidden && tryAgain());
    for (const name of ['pointerdown', 'keydown']) {
        addEventListener(name, () => app.connection === 'resting' && tryAgain(), { capture: true });
    }
}

/** Try again now. */
export function tryAgain() {
    if (app.connection !== 'open' && socket?.readyState !== WebSocket.CONNECTING) {
        clearTimeout(nextTry);
        tries = 0;
        open();
    }
}

function open() {
    const address = new URL('socket', location.href);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    address.search = '';
    address.hash = '';
    const opened = new WebSocket(address);
    socket = opened;
    opened.binaryType = 'arraybuffer';
    opened.addEventListener('open', begun);
    opened.addEventListener('message', (event) => received(event.data));
    opened.addEventListener('close', ({ code }) => void closed(opened, code));
}

function begun() {
    tries = 0;
    said = 0;
    forgetSaid();
    tell('open');
    put({ type: 'Open', ratio: devicePixelRatio, kept: keptText() });
    const first = queue;
    queue = [];
    wasOpen = true;
    for (const { message, happened } of first) {
        say(message, happened);
    }
}

/** @param {string|ArrayBuffer} data */
function received(data) {
    if (typeof data !== 'string') {
        const { header, picture } = readFrame(data);
        heardUpTo(header);
        showFrame(header, picture);
        return;
    }
    const message = readMessage(data);
    switch (message.type) {
        case 'Welcome':
            app.welcome = message;
            // A folder's name may be a patient's, and titles stay in the browser's history.
            document.title = 'pycornerstone';
            emit('welcome', message);
            break;
        case 'Keep':
            emit('keep', message);
            break;
        case 'Arranged':
            app.arranged = message;
            emit('arranged', message);
            break;
        case 'Progress':
            app.progress.set(message.series, message);
            emit('progress', message);
            break;
        case 'Empty':
            emit('empty', message);
            break;
        case 'Notice':
            emit('notice', message);
            break;
        default:
            answered(message);
    }
}

/** @param {WebSocket} which @param {number} code */
async function closed(which, code) {
    if (which !== socket) {
        return;
    }
    giveUpQuestions();
    if (code === NOBODY_THERE) {
        tell('resting');
        return;
    }
    tries += 1;
    const isGone = tries > TRIES_UNTIL_GONE;
    nextTry = setTimeout(open, isGone ? WAIT_WHEN_GONE : WAITS[Math.min(tries, WAITS.length) - 1]);
    if (code === TOO_MANY) {
        tell('full');
        return;
    }
    if (app.connection !== 'refused') {
        tell(isGone ? 'gone' : 'lost');
    }
    const refused = tries > 1 && (await isRefused());
    if (which === socket && refused !== (app.connection === 'refused')) {
        tell(refused ? 'refused' : 'lost');
    }
}

/** Whether a server is there that does not know this page; a socket that fails does not say why. */
async function isRefused() {
    try {
        const answer = await fetch(new URL('.', location.href), { method: 'HEAD', cache: 'no-store' });
        return answer.status === 403;
    } catch {
        return false;
    }
}

/** @param {import('./state.js').Connection} connection */
function tell(connection) {
    app.connection = connection;
    emit('connection', connection);
}

/**
 * @param {FromPage} message
 * @param {number} [happened]
 * @returns {number}
 */
function say(message, happened) {
    if (app.connection === 'open') {
        put(message);
        if (happened !== undefined && 'cell' in message) {
            saidAt(message.cell, said, happened);
        }
        return said;
    }
    if (!wasOpen) {
        queue.push({ message, happened });
    }
    // What is said while the connection is lost is dropped: it would come as a burst, too late.
    return 0;
}

/** @param {FromPage} message */
function put(message) {
    socket?.send(JSON.stringify(message));
    said += 1;
}

/** @returns {number} How many bytes wait to be sent: a slow line is not given more. */
export function waiting() {
    return socket?.bufferedAmount ?? 0;
}
