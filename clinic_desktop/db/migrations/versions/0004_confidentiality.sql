CREATE TABLE chart_confidentiality (
	patient_id BLOB NOT NULL, 
	code VARCHAR DEFAULT 'R' NOT NULL, 
	id BLOB NOT NULL, 
	sv INTEGER DEFAULT '0' NOT NULL, 
	is_deleted BOOLEAN DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_chart_confidentiality PRIMARY KEY (id), 
	CONSTRAINT fk_chart_confidentiality_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_chart_confidentiality_patient_id ON chart_confidentiality (patient_id)
--
CREATE TABLE care_team_member (
	patient_id BLOB NOT NULL, 
	user_id BLOB NOT NULL, 
	id BLOB NOT NULL, 
	sv INTEGER DEFAULT '0' NOT NULL, 
	is_deleted BOOLEAN DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_care_team_member PRIMARY KEY (id), 
	CONSTRAINT fk_care_team_member_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT fk_care_team_member_user_id FOREIGN KEY(user_id) REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_care_team_member_patient_id ON care_team_member (patient_id)
--
CREATE TABLE emergency_access (
	patient_id BLOB NOT NULL, 
	user_id BLOB NOT NULL, 
	started_at INTEGER NOT NULL, 
	ends_at INTEGER NOT NULL, 
	is_extended BOOLEAN NOT NULL, 
	reason VARCHAR NOT NULL, 
	words VARCHAR NOT NULL, 
	reviewed_at INTEGER, 
	reviewed_by BLOB, 
	review VARCHAR DEFAULT '' NOT NULL, 
	id BLOB NOT NULL, 
	sv INTEGER DEFAULT '0' NOT NULL, 
	is_deleted BOOLEAN DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_emergency_access PRIMARY KEY (id), 
	CONSTRAINT fk_emergency_access_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT fk_emergency_access_user_id FOREIGN KEY(user_id) REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT fk_emergency_access_reviewed_by FOREIGN KEY(reviewed_by) REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_emergency_access_patient_id ON emergency_access (patient_id)
