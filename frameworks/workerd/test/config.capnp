using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "application", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:8787", http = (), service = "application")],
);

const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "../build/test.mjs")],
  compatibilityDate = "2025-09-01",
  compatibilityFlags = ["nodejs_compat"],
  bindings = [
    (name = "NODE_ENV", fromEnvironment = "NODE_ENV"),
  ],
);
