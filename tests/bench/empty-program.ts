/** What an executable of this runtime costs before it does anything. */
process.stdout.write('nothing\n');
