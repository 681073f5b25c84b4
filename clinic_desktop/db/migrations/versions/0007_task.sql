CREATE TABLE task (
	code VARCHAR NOT NULL, 
	patient_id BLOB, 
	focus_id BLOB NOT NULL, 
	input TEXT NOT NULL, 
	requester_id BLOB, 
	authored_at INTEGER NOT NULL, 
	reason VARCHAR NOT NULL, 
	status VARCHAR NOT NULL, 
	owner_id BLOB, 
	decided_at INTEGER, 
	status_reason VARCHAR DEFAULT '' NOT NULL, 
	output_id BLOB, 
	is_self_approved BOOLEAN NOT NULL, 
	id BLOB NOT NULL, 
	sv INTEGER DEFAULT '0' NOT NULL, 
	is_deleted BOOLEAN DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_task PRIMARY KEY (id), 
	CONSTRAINT fk_task_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT fk_task_requester_id FOREIGN KEY(requester_id) REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT fk_task_owner_id FOREIGN KEY(owner_id) REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_task_focus_id ON task (focus_id)
--
CREATE INDEX ix_task_patient_id ON task (patient_id)
--
CREATE INDEX ix_task_status ON task (status)
