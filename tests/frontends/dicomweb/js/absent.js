// What stands for Node's own `events` and `url`, which a writer of XML that nobody calls asks for.
export class EventEmitter {}
