/** A process that started this one and talks with it by lines: ours come by stdout, its by stdin. */
export interface LineParent {
  write(text: string): void;
  /** Calls back with each line. */
  onLine(call: (line: string) => void): void;
  /** Settles when it has closed our stdin, which it does when it ends, however that happens. */
  readonly gone: Promise<void>;
  /** Reads no more, so that this process may end. */
  close(): void;
}

/** Begins to read what it says. */
export function connectLineParent(): LineParent {
  const gone = Promise.withResolvers<void>();
  const { createInterface } = process.getBuiltinModule('node:readline'); // only a version on trial has such a parent
  const lines = createInterface({ input: process.stdin });
  lines.on('close', gone.resolve);
  return {
    write: (text) => void process.stdout.write(text),
    onLine: (call) => void lines.on('line', call),
    gone: gone.promise,
    close: () => {
      lines.close();
      process.stdin.destroy();
    },
  };
}
