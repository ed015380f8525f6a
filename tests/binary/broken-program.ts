/**
 * A new version that serves nobody, compiled as a release is. Only one that is broken `at import` fails the test that it is put
 * to before it is tried.
 */
declare const BROKEN: string; // put in by who builds it, and so is the version
declare const BROKEN_VERSION: string;

const [word] = process.argv.slice(2);
if (word === '--version') process.stdout.write(`studio-worker ${BROKEN_VERSION}\n`);
else if (word !== '--self-test' || BROKEN === 'at import') {
  if (BROKEN !== 'hangs') throw new Error('a part of this version cannot be loaded');
  process.stdout.write('{"trial":"ready"}\n');
  process.stdin.on('data', () => {
    while (true); // it has the machine, and listens to nobody any more
  });
}
