/** Serves one file over loopback from a process of its own, as a hub would: `file-host.ts <path>`; says its URL. */
import { serveLoopback } from '../../src/system/net/loopback-files.ts';

const files = serveLoopback();
files.put('weights.bin', process.argv[2] ?? '');
process.stdout.write(`${files.url('weights.bin')}\n`);
