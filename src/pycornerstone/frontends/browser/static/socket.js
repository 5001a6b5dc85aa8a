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
/** @type {() => FromPage[]} */
let restoring = () => [];

const WAITS = [250, 500, 1000, 2000, 4000];
const TRIES_UNTIL_GONE = 8;

/**
 * Connect, and stay so.
 * @param {(header: import('./messages.js').Frame, picture: Blob) => void} onFrame
 * @param {() => FromPage[]} restore What brings back what was shown, after a connection was lost.
 */
export function connect(onFrame, restore) {
    showFrame = onFrame;
    restoring = restore;
    setSender(say);
    open();
}

/** Try again now. */
export function tryAgain() {
    clearTimeout(nextTry);
    if (app.connection !== 'open') {
        tries = 0;
        tell('lost');
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
    opened.addEventListener('close', () => closed(opened));
}

function begun() {
    tries = 0;
    said = 0;
    forgetSaid();
    tell('open');
    put({ type: 'Open', ratio: devicePixelRatio });
    const first = wasOpen ? restoring().map((message) => ({ message, happened: undefined })) : queue;
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

/** @param {WebSocket} which */
function closed(which) {
    if (which !== socket) {
        return;
    }
    giveUpQuestions();
    tries += 1;
    if (tries > TRIES_UNTIL_GONE) {
        tell('gone');
        return;
    }
    tell('lost');
    nextTry = setTimeout(open, WAITS[Math.min(tries, WAITS.length) - 1]);
}

/** @param {'open'|'lost'|'gone'} connection */
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
