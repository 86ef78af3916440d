// Hands the refs of a push to the simulator and shows, as the push's own output, what comes back while the builds run.
// A push never fails because of it: the refs are there already. Plain JavaScript, because it runs in the user's git.
const fs = require('node:fs');
const http = require('node:http');

const NOBODY =
  'No build: the simulator does not listen. The commits are here; push again while `simulate serve` runs.';
// To be told that nobody listens, not to wait for builds.
const ANSWER_MILLISECONDS = 10_000;

const updates = fs.readFileSync(0);
const { url, token } = JSON.parse(fs.readFileSync('simulator.json', 'utf8'));
const headers = { 'content-type': 'text/plain', 'x-simulator-token': token };
// An agent of its own: the user's settings may send every request to a proxy.
const request = http.request(url, { method: 'POST', headers, agent: new http.Agent() }, (response) => {
  clearTimeout(timer);
  if (response.statusCode !== 200) {
    response.resume();
    console.log(NOBODY);
    return;
  }
  response.on('data', (chunk) => process.stdout.write(chunk));
  response.on('error', () => console.log('\nThe simulator stopped answering: its builds ended with it.'));
});
const timer = setTimeout(() => request.destroy(), ANSWER_MILLISECONDS);
request.on('error', () => {
  clearTimeout(timer);
  console.log(NOBODY);
});
// The push is gone, and with it who reads.
process.stdout.on('error', () => process.exit());
request.end(updates);
