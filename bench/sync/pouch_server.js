// The server of PouchDB: node pouch_server.js FOLDER/ PORT
const express = require("express");
const PouchDB = require("pouchdb");
const [folder, port] = process.argv.slice(2);
const app = express();
app.use("/", require("express-pouchdb")(PouchDB.defaults({ prefix: folder }), {
  inMemoryConfig: true, logPath: folder + "log.txt",
}));
app.listen(Number(port), "127.0.0.1");
