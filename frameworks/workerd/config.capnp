using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "application", worker = .worker),
    (name = "objects", disk = (path = "build/objects", writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:8787", http = (), service = "application")],
);

const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "build/worker.mjs")],
  compatibilityDate = "2025-09-01",
  compatibilityFlags = ["nodejs_compat"],
  bindings = [
    (name = "NODE_ENV", fromEnvironment = "NODE_ENV"),
    (name = "SECRET_KEY", fromEnvironment = "SECRET_KEY"),
    (name = "STORE", fromEnvironment = "STORE"),
    (name = "SESSIONS", durableObjectNamespace = "TestedObject"),
  ],
  durableObjectNamespaces = [(className = "TestedObject", uniqueKey = "sessions", enableSql = true)],
  durableObjectStorage = (localDisk = "objects"),
);
