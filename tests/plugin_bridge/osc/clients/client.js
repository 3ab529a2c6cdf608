// Submits a job by one of npm's OSC libraries and prints what the server says, a line of JSON each.
// node client.js osc|node-osc|osc-js PORT JOB IN OUT PRESET STRENGTH

const [library, portText, job, stem, out, preset, strength] = process.argv.slice(2);
const port = Number(portText);
const host = "127.0.0.1";
const submit = ["/restyle/submit", job, stem, out, preset, "strength", Number(strength)];

function hear(address, ...values) {
  console.log(JSON.stringify([address, ...values]));
  if (address === "/restyle/fail" || (address === "/restyle/done" && values[0] === "submit")) {
    process.exit(0);
  }
}

// A port that is free, for libraries that do not tell which one they were given.
function freePort(use) {
  const socket = require("node:dgram").createSocket("udp4");
  socket.bind(0, host, () => {
    const { port: free } = socket.address();
    socket.close(() => use(free));
  });
}

const libraries = {
  osc() {
    const osc = require("osc");
    const udp = new osc.UDPPort({
      localAddress: host,
      localPort: 0,
      remoteAddress: host,
      remotePort: port,
    });
    udp.on("message", ({ address, args }) => hear(address, ...args));
    udp.on("ready", () => udp.send({ address: submit[0], args: submit.slice(1) }));
    udp.open();
  },

  // Its client cannot receive: a server of its own does, and asks for the news to be sent there.
  "node-osc"() {
    const { Client, Server } = require("node-osc");
    freePort((own) => {
      const server = new Server(own, host, async () => {
        const client = new Client(host, port);
        server.on("message", (message) => {
          hear(...message);
          if (message[1] === "notify") client.send(...submit);
        });
        client.send("/restyle/notify", 1, own);
      });
    });
  },

  "osc-js"() {
    const OSC = require("osc-js");
    freePort((own) => {
      const plugin = new OSC.DatagramPlugin({ open: { host, port: own }, send: { host, port } });
      const osc = new OSC({ plugin });
      osc.on("*", ({ address, args }) => hear(address, ...args));
      osc.on("open", () => osc.send(new OSC.Message(...submit)));
      osc.open();
    });
  },
};

setTimeout(() => process.exit(1), 60000);
libraries[library]();
