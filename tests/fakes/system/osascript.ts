import { runInThisContext } from 'node:vm';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/*
 * Stands in for osascript: runs the script with objects that keep what is set on them, as the bridge to the classes of
 * macOS does, and writes each menu that is shown to the file `seen`. A line in the file `choose` is the title of a line
 * to choose; `end` ends it as a crash would. Both files are in HOME.
 */

interface Bridged {
  readonly title?: string;
  [name: string]: unknown;
}

const folder = process.env['HOME'] ?? '';
const script = process.argv[process.argv.indexOf('-e') + 1] ?? '';
const methods: Record<string, { implementation: (value: unknown) => void }> = {};

const boxed = (value?: unknown): Bridged => ({
  js: value,
  dataUsingEncoding: () => ({ text: value }),
});
const data = (text: string): Bridged => ({ text, length: Buffer.byteLength(text) });

const pending: string[] = [];
let isReading = false;
let shown: Bridged[] = [];
function pass(): void {
  if (!isReading || pending.length === 0) return;
  isReading = false;
  methods['received:']?.implementation({ userInfo: { objectForKey: () => data(pending.shift() ?? '') } });
}

const button: Bridged = {};
const item: Bridged = {
  button,
  set menu(menu: { lines: Bridged[] }) {
    shown = menu.lines;
    const lines = shown.map(({ title, enabled }) =>
      title === undefined ? '---' : `${title}${enabled === false ? ' (off)' : ''}`,
    );
    const { image, toolTip } = button as { image: { png: string; size: Bridged }; toolTip: Bridged };
    const png = Buffer.from(image.png, 'base64');
    const fact = { tip: toolTip['js'], lines, width: png.readUInt32BE(16), points: image.size };
    appendFileSync(`${folder}/seen`, `${JSON.stringify(fact)}\n`);
  },
};

const $ = Object.assign((value?: unknown) => boxed(value), {
  NSApplication: {
    sharedApplication: {
      setActivationPolicy: () => {},
      terminate: () => process.exit(0),
      run: undefined,
    },
  },
  NSStatusBar: { systemStatusBar: { statusItemWithLength: () => item } },
  NSFileHandle: {
    fileHandleWithStandardInput: {
      get readInBackgroundAndNotify() {
        isReading = true;
        queueMicrotask(pass);
        return undefined;
      },
    },
    fileHandleWithStandardOutput: { writeData: ({ text }: { text: string }) => void process.stdout.write(text) },
  },
  NSNotificationCenter: { defaultCenter: { addObserverSelectorNameObject: () => {} } },
  NSString: { alloc: { initWithDataEncoding: ({ text }: { text: string }) => boxed(text) } },
  NSData: { alloc: { initWithBase64EncodedStringOptions: ({ js }: Bridged) => ({ png: js }) } },
  NSImage: { alloc: { initWithData: (image: Bridged) => ({ ...image }) } },
  NSMakeSize: (width: number, height: number) => ({ width, height }),
  NSMenu: {
    alloc: {
      get init() {
        const lines: Bridged[] = [];
        return { lines, addItem: (line: Bridged) => void lines.push(line) };
      },
    },
  },
  NSMenuItem: {
    separatorItem: {},
    alloc: { initWithTitleActionKeyEquivalent: ({ js: title }: Bridged, action: string) => ({ title, action }) },
  },
  StudioWorkerTray: { alloc: { init: {} } },
});
const ObjC = {
  import: () => {},
  unwrap: (value: Bridged) => value['js'],
  registerSubclass: (about: { methods: typeof methods }) => void Object.assign(methods, about.methods),
};

Object.assign(globalThis, { ObjC, $ });
runInThisContext(`${script}\nrun();`);

let chosen = '';
setInterval(() => {
  const path = `${folder}/choose`;
  const title = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if (title === chosen) return;
  chosen = title;
  if (title === 'end') process.exit(1);
  const line = shown.find((one) => one['title'] === title);
  if (line !== undefined) methods[String(line['action'])]?.implementation(line);
}, 10);

for await (const chunk of Bun.stdin.stream()) {
  // In small pieces, as a pipe may bring them.
  const text = Buffer.from(chunk).toString('latin1');
  for (let at = 0; at < text.length; at += 1000) pending.push(text.slice(at, at + 1000));
  while (isReading && pending.length > 0) pass();
  await Bun.sleep(0);
}
pending.push('');
pass();
