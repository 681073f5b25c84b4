// Two clients of PouchDB on the task: node pouch_peer.js PEOPLE.json PORT (see anki_peer.py)
const fs = require("fs");
const os = require("os");
const path = require("path");
const readline = require("readline");
const PouchDB = require("pouchdb");
const [peopleFile, port] = process.argv.slice(2);
const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const said = async (step) => { console.log(step); await lines.next(); };
const timed = async (work) => {
  const started = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - started) / 1e9;
};
const processor = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; };
(async () => {
  const people = JSON.parse(fs.readFileSync(peopleFile, "utf-8"));
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "pouch-"));
  const first = new PouchDB(path.join(folder, "a")), second = new PouchDB(path.join(folder, "b"));
  const url = `http://127.0.0.1:${port}/people`;
  const push = () => PouchDB.replicate(first, url), pull = () => PouchDB.replicate(url, second);
  await first.put({ _id: "first" });
  await push();
  await pull();
  const done = {};
  done.local_s = await timed(async () => {
    for (let at = 0; at < people.length; at += 500)
      await first.bulkDocs(people.slice(at, at + 500).map((each) => ({ _id: each.mrn, ...each })));
  });
  await said("start");
  let spent = processor();
  done.push_s = await timed(push);
  done.push_cpu_s = processor() - spent;
  await said("pushed");
  spent = processor();
  done.pull_s = await timed(pull);
  done.pull_cpu_s = processor() - spent;
  await said("pulled");
  const edits = [];
  for (let turn = 0; turn < 9; turn++) {
    const person = await first.get(people[7].mrn);
    await first.put({ ...person, note: `seen again ${turn}` });
    edits.push(await timed(async () => { await push(); await pull(); }));
    await said("edited");
  }
  done.edit_s = edits.sort((a, b) => a - b)[4];
  const info = await second.info();
  if (info.doc_count < people.length) throw new Error("rows are missing");
  fs.rmSync(folder, { recursive: true });
  console.log(JSON.stringify(done));
  process.exit(0);
})();
