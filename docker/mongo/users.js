// Run once by the image, on an empty volume: one user for each kind of work, with the least rights.
const risk = db.getSiblingDB("risk");
const users = {
  tandem_owner: ["dbOwner", process.env.MONGO_OWNER_PASSWORD],
  tandem_jobs: ["readWrite", process.env.MONGO_JOBS_PASSWORD],
  tandem_monitor: ["read", process.env.MONGO_MONITOR_PASSWORD],
};
for (const [user, [role, pwd]] of Object.entries(users)) {
  risk.createUser({ user, pwd, roles: [{ role, db: "risk" }] });
}
