import { deepEqual, ok } from 'node:assert/strict';
import { toJobId } from '../../../src/base/ids.ts';
import { freshText, patchText, readConfig } from '../../../src/config/read.ts';
import { parseToml } from '../../../src/config/toml.ts';
import { readReleaseManifest } from '../../../src/release/manifest.ts';
import { readReceipt } from '../../../src/release/receipt.ts';
import { type EntryHeader, readEntry, writeEntry } from '../../../src/studio/delivery/entry.ts';
import { putRecord, readRecords, removalRecord } from '../../../src/studio/delivery/journal/record.ts';
import { sha256 } from '../../../src/system/disk/digest.ts';
import { decodeMessage } from '../../../src/system/dbus/message.ts';
import { readZip } from '../../../src/system/native/zip.ts';
import { makeZip } from '../../fakes/system/zip.ts';
import type { Target } from '../target.ts';

const utf8 = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const FOLDERS = { homeDir: '/home/x', tempDir: '/tmp' };

/** The operator's file. What is read can be changed, and reads as what was set. */
const config: Target = {
  name: 'config',
  corpus: () => ({
    samples: [Buffer.from(freshText({})), Buffer.from('vram_threshold_gb = 8.0\n[kinds]\nllm = true # x\n')],
    words: [
      '[[a]]',
      '"""',
      "'''",
      'keep_warm_secs = ',
      '\r\n',
      '[a.b]',
      '{ a = 1 }',
      '1979-05-27T07:32:00Z',
      'inf',
      'nan',
    ],
  }),
  codes: ['config.invalid'],
  run: (bytes) => {
    const text = utf8(bytes);
    const before = readConfig(text, '/etc/config.toml', FOLDERS);
    const after = readConfig(patchText(text, { keep_warm_secs: 7 }), '/etc/config.toml', FOLDERS);
    deepEqual(after, { ...before, keep_warm_secs: 7 });
  },
};

const toml: Target = {
  name: 'toml',
  corpus: config.corpus,
  run: (bytes) => ok(['table', 'broken'].includes(parseToml(utf8(bytes)).is)),
};

const content = Buffer.from('{"result":{"text":"hi"}}');
const header: EntryHeader = {
  jobId: toJobId('job-1'),
  kind: 'json',
  ext: '',
  prompt: 'a fox',
  workerId: 'w-1',
  studio: 'https://studio.example',
  createdAt: 1_780_000_000_000,
  sizeBytes: content.byteLength,
  sha256: sha256(content).toHex(),
};

function journalFile(): Uint8Array {
  const first = Buffer.concat([...putRecord(writeEntry(header, content, sha256), 0, sha256)]);
  const second = Buffer.concat([...removalRecord('x', first.byteLength, sha256)]);
  return Buffer.concat([first, second, Buffer.alloc(64)]);
}

/** Results that wait on a disk which may lie. Nothing is read from a journal that was not put there whole. */
const journal: Target = {
  name: 'journal',
  corpus: () => ({ samples: [journalFile()], words: ['\u00f5sw+', '\u00f5sw-', '{"jobId":'] }),
  run: (bytes) => {
    let at = 0;
    for (const record of readRecords(bytes, sha256)) {
      const from = record.is === 'damage' ? record.at : record.bodyAt;
      const size = record.is === 'damage' ? record.bytes.byteLength : record.bodyBytes;
      ok(from >= at && from + size <= bytes.byteLength, 'a record lies beyond the file, or in another one');
      at = from + size;
      if (record.is === 'put') deepEqual(record.header, { ...header, ranOn: undefined });
    }
  },
};

const entry: Target = {
  name: 'entry',
  corpus: () => ({
    samples: [Buffer.concat([...writeEntry(header, content, sha256)])],
    words: ['\n', '"kind":"artifact"'],
  }),
  run: (bytes) => {
    const read = readEntry(bytes, sha256);
    if (read !== undefined) deepEqual(Buffer.from(read.content), content);
  },
};

/** Archives that are unpacked, of which the digest was verified before. */
const zip: Target = {
  name: 'zip',
  corpus: () => ({
    samples: [
      makeZip({ 'bin/sd-cli': { text: 'program '.repeat(20), mode: 0o100_755 }, 'b.dll': { text: 'x', stored: true } }),
    ],
    words: ['PK\u0003\u0004', 'PK\u0001\u0002', 'PK\u0005\u0006', '../', 'con'],
  }),
  // Whoever unpacks turns what the library throws for broken bytes into an error of its own.
  refuses: (thrown) =>
    thrown instanceof RangeError || /zlib|inflate|incorrect|invalid|unexpected end/i.test(`${thrown}`),
  run: (bytes) => {
    const files = readZip(bytes, 100_000);
    ok(
      files.every(({ name }) => !/[/\\]/.test(name)),
      'a file leads out of its folder',
    );
  },
};

const manifest: Target = {
  name: 'manifest',
  corpus: () => ({
    samples: [
      Buffer.from(
        '{"schema":"studio-worker-release/1","version":"0.6.0","channel":"stable","minFrom":"0.5.0","rollout":100,"artifacts":[{"name":"a.tar.xz","kind":"worker","target":"x86_64-unknown-linux-gnu","sizeBytes":1,"sha256":"' +
          'ab'.repeat(32) +
          '"}]}',
      ),
    ],
    words: ['"rollout":', '"artifacts":[', '"name":"../x"', '"version":"'],
  }),
  run: (bytes) => {
    const read = readReleaseManifest(utf8(bytes));
    if (read.is === 'manifest')
      ok(
        read.manifest.artifacts.every(({ name }) => !/[/\\]/.test(name)),
        'a name is a path',
      );
  },
};

const receipt: Target = {
  name: 'receipt',
  corpus: () => ({
    samples: [Buffer.from('file\t/usr/bin/x\ndir\t/a\nline\t/home/x/.profile\texport A=1\n')],
    words: ['\t', 'userpath\t', '\r\n'],
  }),
  run: (bytes) => readReceipt(utf8(bytes)),
};

/** Answers of the session bus of this account. */
const bus: Target = {
  name: 'bus',
  corpus: () => ({ samples: [reply()], words: ['u\0', 's\0', 'v\0'] }),
  codes: ['native.unavailable'],
  refuses: (thrown) => thrown instanceof RangeError,
  run: (bytes) => decodeMessage(Buffer.from(bytes)),
};

/** A method's return with one number, little-endian (D-Bus specification, message format). */
function reply(): Uint8Array {
  const fields = Buffer.from([5, 1, 0x75, 0, 1, 0, 0, 0, 8, 1, 0x67, 0, 1, 0x75, 0, 0]);
  const head = Buffer.from([0x6c, 2, 1, 1, 4, 0, 0, 0, 9, 0, 0, 0, fields.byteLength - 1, 0, 0, 0]);
  return Buffer.concat([head, fields, Buffer.from([7, 0, 0, 0])]);
}

export const DISK: readonly Target[] = [config, toml, journal, entry, zip, manifest, receipt, bus];
