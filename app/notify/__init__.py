"""From the event log to the listeners: registrations, the relay that fills the log, and deliveries."""
