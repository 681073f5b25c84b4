// Two clients of Actual on the task, encrypted: node actual_peer.js PEOPLE.json PORT (see
// anki_peer.py). Rows are transactions of nine fields; the second client is a process of its own.
const { fork } = require("child_process");
const fs = require("fs");
const os = require("os");
const path = require("path");
const readline = require("readline");
const api = require("@actual-app/api");
const BATCH = 100; // more in one request end the connection
const [peopleFile, port, syncId] = process.argv.slice(2);
const serverURL = `http://127.0.0.1:${port}`;
const timed = async (work) => {
  const started = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - started) / 1e9;
};
const processor = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; };
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "actual-"));
const begin = () => api.init({ dataDir: folder, serverURL, password: "bench" });
console.info = console.debug = () => {};

async function second() {
  await begin();
  await api.downloadBudget(syncId, { password: "bench" });
  process.on("message", async () => {
    const spent = processor(), seconds = await timed(() => api.sync());
    process.send({ seconds, processor: processor() - spent });
  });
  process.on("disconnect", () => process.exit(0));
  process.send("ready");
}

const rows = (people, account) => people.map((each, number) => ({
  account, date: "2026-01-15", amount: number, payee_name: each.family, notes: each.note + each.mrn,
  imported_id: each.mrn, cleared: true, imported_payee: each.given + each.city,
}));

async function first() {
  const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const said = async (step) => { process.stdout.write(`${step}\n`); await lines.next(); };
  const people = JSON.parse(fs.readFileSync(peopleFile, "utf-8"));
  await fetch(`${serverURL}/account/bootstrap`, {
    method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ password: "bench" }),
  });
  await begin();
  let account;
  await api.runImport("bench", async () => {
    account = await api.createAccount({ name: "people" }, 0);
  });
  const made = await api.internal.send("key-make", { password: "bench" });
  if (made && made.error) throw new Error(JSON.stringify(made.error));
  const sent = await api.internal.send("upload-budget", {});
  if (sent && sent.error) throw new Error(JSON.stringify(sent.error));
  await api.sync();
  const group = (await api.getBudgets()).find((each) => each.groupId).groupId;
  const other = fork(__filename, [peopleFile, port, group], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const told = () => new Promise((resolve) => other.once("message", resolve));
  await told();
  const pull = async () => { const came = told(); other.send("pull"); return came; };
  const done = { local_s: 0, push_s: 0, pull_s: 0, push_cpu_s: 0 };
  const all = rows(people, account);
  let isFirst = true;
  for (let at = 0; at < all.length; at += BATCH) {
    done.local_s += await timed(() => api.addTransactions(account, all.slice(at, at + BATCH)));
    if (isFirst) await said("start");
    isFirst = false;
    const spent = processor();
    done.push_s += await timed(() => api.sync());
    done.push_cpu_s += processor() - spent;
  }
  await said("pushed");
  const pulled = await pull();
  [done.pull_s, done.pull_cpu_s] = [pulled.seconds, pulled.processor];
  await said("pulled");
  const [one] = await api.getTransactions(account, "2026-01-01", "2026-01-31");
  const edits = [];
  for (let turn = 0; turn < 9; turn++) {
    await api.updateTransaction(one.id, { notes: `seen again ${turn}` });
    const push = await timed(() => api.sync());
    edits.push(push + (await pull()).seconds);
    await said("edited");
  }
  done.edit_s = edits.sort((a, b) => a - b)[4];
  process.stdout.write(`${JSON.stringify(done)}\n`);
  other.kill();
  process.exit(0);
}

(syncId ? second() : first()).catch((error) => { console.error(error); process.exit(1); });
