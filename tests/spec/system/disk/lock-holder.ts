/** Takes the lock named on the command line, says how that went, starts a child that outlives it, and stays. */
import { acquireLock } from '../../../../src/system/disk/lock.ts';

const lock = await acquireLock(process.argv[2] ?? '', { pid: process.pid });
const child = Bun.spawn(['sleep', '20'], { stdio: ['ignore', 'ignore', 'ignore'] });
console.log(JSON.stringify({ is: lock.is, child: child.pid }));
for await (const _line of console) process.exit(0); // any line ends it, the lock still held
