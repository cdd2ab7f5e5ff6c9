// Runs one peer's tasks for bench/peers: a line of JSON in, a line of JSON out, only the task itself timed.
//
// Line 1 in: what the peer's `prepare` takes. Then {"task": name, "items": [text]}; out: {"good": n, "cpu": s, "wall": s}.
// `cpu` is the processor time of the whole process, so that V8's own threads count as they would on one core.
import {createInterface} from 'node:readline';
import {createRequire} from 'node:module';
import {pathToFileURL} from 'node:url';
import {join} from 'node:path';

// Peers talk to the console; only answers go to stdout.
console.log = console.info = console.warn = console.error = () => {};

// The packages of another folder, by their names.
export function packagesOf(folder) {
  const require = createRequire(pathToFileURL(join(folder, 'package.json')));
  return {require, load: name => import(pathToFileURL(require.resolve(name)).href)};
}

// `prepare(settings)` returns the tasks by name: async (texts) => how many of them came out as they should.
export async function serve(prepare) {
  let tasks = null;
  for await (const line of createInterface({input: process.stdin})) {
    const question = JSON.parse(line);
    if(tasks === null) {
      tasks = await prepare(question);
      process.stdout.write('{"good": 0, "cpu": 0, "wall": 0}\n');
      continue;
    }
    const [cpu, wall] = [process.cpuUsage(), performance.now()];
    const good = await tasks[question.task](question.items);
    const {user, system} = process.cpuUsage(cpu);
    const answer = {good, cpu: (user + system) / 1e6, wall: (performance.now() - wall) / 1e3};
    process.stdout.write(JSON.stringify(answer) + '\n');
  }
}
