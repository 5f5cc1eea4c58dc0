using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "application", worker = .worker),
    (name = "documented", worker = .documented),
    (name = "objects", disk = (path = "build/objects", writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:8787", http = (), service = "application")],
);

const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "build/worker.js")],
  compatibilityDate = "2025-09-01",
  compatibilityFlags = ["nodejs_compat"],
  bindings = [
    (name = "NODE_ENV", fromEnvironment = "NODE_ENV"),
    (name = "SECRET_KEY", fromEnvironment = "SECRET_KEY"),
    (name = "STORE", fromEnvironment = "STORE"),
    (name = "SESSIONS", durableObjectNamespace = "TestedObject"),
    (name = "DOCUMENTED", service = "documented"),
  ],
  durableObjectNamespaces = [(className = "TestedObject", uniqueKey = "sessions", enableSql = true)],
  durableObjectStorage = (localDisk = "objects"),
);

# The Worker of docs/frameworks.md, as it is there.
const documented :Workerd.Worker = (
  modules = [(name = "index", esModule = embed "build/index.js")],
  compatibilityDate = "2025-09-01",
  compatibilityFlags = ["nodejs_compat"],
  bindings = [
    (name = "NODE_ENV", fromEnvironment = "NODE_ENV"),
    (name = "SECRET_KEY", fromEnvironment = "SECRET_KEY"),
    (name = "SESSIONS", durableObjectNamespace = "SojournObject"),
  ],
  durableObjectNamespaces = [(className = "SojournObject", uniqueKey = "documented", enableSql = true)],
  durableObjectStorage = (localDisk = "objects"),
);
