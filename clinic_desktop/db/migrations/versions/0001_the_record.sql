CREATE TABLE attachment (
  sha256 VARCHAR NOT NULL,
  size INTEGER NOT NULL,
  mime VARCHAR NOT NULL,
  filename VARCHAR DEFAULT '' NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_attachment PRIMARY KEY (id)
)
--
CREATE INDEX ix_attachment_sha256 ON attachment (sha256)
--
CREATE TABLE audit_event (
  kind VARCHAR NOT NULL,
  happened_at INTEGER NOT NULL,
  user_id BLOB,
  patient_id BLOB,
  object_id BLOB,
  detail TEXT NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_audit_event PRIMARY KEY (id)
)
--
CREATE INDEX ix_audit_event_patient ON audit_event (patient_id, happened_at)
--
CREATE INDEX ix_audit_event_user ON audit_event (user_id, kind, id, patient_id)
--
CREATE TABLE blob (
  sha256 VARCHAR NOT NULL,
  encoding VARCHAR DEFAULT '' NOT NULL,
  data BLOB NOT NULL,
  CONSTRAINT pk_blob PRIMARY KEY (sha256)
)
--
CREATE TABLE draft (
  user_id BLOB NOT NULL,
  kind VARCHAR NOT NULL,
  subject VARCHAR NOT NULL,
  body TEXT NOT NULL,
  saved_at INTEGER NOT NULL,
  CONSTRAINT pk_draft PRIMARY KEY (user_id, kind, subject)
)
--
CREATE TABLE local_setting (
  "key" VARCHAR NOT NULL,
  value TEXT NOT NULL,
  CONSTRAINT pk_local_setting PRIMARY KEY ("key")
)
--
CREATE TABLE location (
  name VARCHAR NOT NULL,
  kind VARCHAR NOT NULL,
  color VARCHAR DEFAULT '' NOT NULL,
  position INTEGER NOT NULL,
  is_active BOOLEAN NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_location PRIMARY KEY (id)
)
--
CREATE TABLE number_series (
  name VARCHAR NOT NULL,
  year INTEGER NOT NULL,
  next_value INTEGER NOT NULL,
  CONSTRAINT pk_number_series PRIMARY KEY (name, year)
)
--
CREATE TABLE organization (
  name VARCHAR NOT NULL,
  kind VARCHAR DEFAULT '' NOT NULL,
  identifier VARCHAR DEFAULT '' NOT NULL,
  phone VARCHAR DEFAULT '' NOT NULL,
  address VARCHAR DEFAULT '' NOT NULL,
  city VARCHAR DEFAULT '' NOT NULL,
  postal_code VARCHAR DEFAULT '' NOT NULL,
  country VARCHAR DEFAULT '' NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_organization PRIMARY KEY (id)
)
--
CREATE TABLE patient_search (
  rowid INTEGER NOT NULL,
  patient_id BLOB NOT NULL,
  CONSTRAINT pk_patient_search PRIMARY KEY (rowid),
  CONSTRAINT uq_patient_search_patient_id UNIQUE (patient_id)
)
--
CREATE TABLE practitioner (
  family VARCHAR DEFAULT '' NOT NULL,
  given VARCHAR DEFAULT '' NOT NULL,
  prefix VARCHAR DEFAULT '' NOT NULL,
  name VARCHAR NOT NULL,
  specialty VARCHAR DEFAULT '' NOT NULL,
  registration_number VARCHAR DEFAULT '' NOT NULL,
  identifier VARCHAR DEFAULT '' NOT NULL,
  phone VARCHAR DEFAULT '' NOT NULL,
  email VARCHAR DEFAULT '' NOT NULL,
  color VARCHAR DEFAULT '' NOT NULL,
  is_staff BOOLEAN NOT NULL,
  is_active BOOLEAN NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_practitioner PRIMARY KEY (id)
)
--
CREATE TABLE price_list (
  name VARCHAR NOT NULL,
  currency VARCHAR NOT NULL,
  valid_from VARCHAR(10),
  is_default BOOLEAN NOT NULL,
  is_active BOOLEAN NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_price_list PRIMARY KEY (id)
)
--
CREATE TABLE print_job (
  id BLOB NOT NULL,
  printed_document_id BLOB NOT NULL,
  printer VARCHAR NOT NULL,
  copies INTEGER NOT NULL,
  state VARCHAR NOT NULL,
  error VARCHAR DEFAULT '' NOT NULL,
  created_at INTEGER NOT NULL,
  CONSTRAINT pk_print_job PRIMARY KEY (id)
)
--
CREATE TABLE sync_base (
  tbl INTEGER NOT NULL,
  pk BLOB NOT NULL,
  grp INTEGER NOT NULL,
  vers BLOB NOT NULL,
  CONSTRAINT pk_sync_base PRIMARY KEY (tbl, pk, grp)
)
 WITHOUT ROWID
--
CREATE TABLE sync_cell (
  tbl INTEGER NOT NULL,
  pk BLOB NOT NULL,
  grp INTEGER NOT NULL,
  ver INTEGER NOT NULL,
  val BLOB,
  CONSTRAINT pk_sync_cell PRIMARY KEY (tbl, pk, grp, ver)
)
 WITHOUT ROWID
--
CREATE TABLE sync_commit (
  cid INTEGER NOT NULL,
  dev INTEGER NOT NULL,
  dseq INTEGER NOT NULL,
  hlc INTEGER NOT NULL,
  wall INTEGER NOT NULL,
  user_id BLOB,
  reason VARCHAR NOT NULL,
  schema_ver INTEGER NOT NULL,
  deps BLOB NOT NULL,
  body BLOB NOT NULL,
  chain BLOB NOT NULL,
  CONSTRAINT pk_sync_commit PRIMARY KEY (cid),
  CONSTRAINT uq_sync_commit_dev_dseq UNIQUE (dev, dseq)
)
--
CREATE TABLE sync_ctx (
  one INTEGER NOT NULL,
  applying INTEGER NOT NULL,
  CONSTRAINT pk_sync_ctx PRIMARY KEY (one),
  CONSTRAINT ck_sync_ctx_single CHECK (one = 1)
)
--
CREATE TABLE sync_device (
  dev INTEGER NOT NULL,
  device_id BLOB NOT NULL,
  prefix VARCHAR NOT NULL,
  name VARCHAR NOT NULL,
  status VARCHAR NOT NULL,
  CONSTRAINT pk_sync_device PRIMARY KEY (dev),
  CONSTRAINT uq_sync_device_device_id UNIQUE (device_id)
)
--
CREATE TABLE sync_journal (
  j INTEGER NOT NULL,
  tbl INTEGER NOT NULL,
  pk BLOB NOT NULL,
  op INTEGER NOT NULL,
  grp INTEGER NOT NULL,
  CONSTRAINT pk_sync_journal PRIMARY KEY (j)
)
--
CREATE TABLE tax_rate (
  name VARCHAR NOT NULL,
  rate_bp INTEGER NOT NULL,
  is_inclusive BOOLEAN NOT NULL,
  is_active BOOLEAN NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_tax_rate PRIMARY KEY (id)
)
--
CREATE TABLE app_user (
  login VARCHAR NOT NULL,
  name VARCHAR NOT NULL,
  roles TEXT NOT NULL,
  language VARCHAR DEFAULT '' NOT NULL,
  practitioner_id BLOB,
  is_active BOOLEAN NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_app_user PRIMARY KEY (id),
  CONSTRAINT fk_app_user_practitioner_id FOREIGN KEY(practitioner_id) REFERENCES practitioner (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_app_user_practitioner_id ON app_user (practitioner_id)
--
CREATE TABLE closure (
  practitioner_id BLOB,
  start_on VARCHAR(10) NOT NULL,
  end_on VARCHAR(10) NOT NULL,
  kind VARCHAR NOT NULL,
  reason VARCHAR DEFAULT '' NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_closure PRIMARY KEY (id),
  CONSTRAINT fk_closure_practitioner_id FOREIGN KEY(practitioner_id) REFERENCES practitioner (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_closure_practitioner_id ON closure (practitioner_id)
--
CREATE TABLE patient (
  mrn VARCHAR NOT NULL,
  family VARCHAR DEFAULT '' NOT NULL,
  given VARCHAR DEFAULT '' NOT NULL,
  middle VARCHAR DEFAULT '' NOT NULL,
  prefix VARCHAR DEFAULT '' NOT NULL,
  suffix VARCHAR DEFAULT '' NOT NULL,
  preferred VARCHAR DEFAULT '' NOT NULL,
  name_latin VARCHAR DEFAULT '' NOT NULL,
  sex VARCHAR DEFAULT 'unknown' NOT NULL,
  birth_date VARCHAR DEFAULT '' NOT NULL,
  birth_precision VARCHAR DEFAULT 'day' NOT NULL,
  deceased BOOLEAN NOT NULL,
  deceased_at INTEGER,
  marital_status VARCHAR DEFAULT '' NOT NULL,
  language VARCHAR DEFAULT '' NOT NULL,
  address VARCHAR DEFAULT '' NOT NULL,
  city VARCHAR DEFAULT '' NOT NULL,
  district VARCHAR DEFAULT '' NOT NULL,
  state VARCHAR DEFAULT '' NOT NULL,
  postal_code VARCHAR DEFAULT '' NOT NULL,
  country VARCHAR DEFAULT '' NOT NULL,
  allergy_status VARCHAR DEFAULT 'not-asked' NOT NULL,
  allergy_asked_on VARCHAR(10),
  practitioner_id BLOB,
  photo_id BLOB,
  note VARCHAR DEFAULT '' NOT NULL,
  merged_into BLOB,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_patient PRIMARY KEY (id),
  CONSTRAINT fk_patient_practitioner_id FOREIGN KEY(practitioner_id) REFERENCES practitioner (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_patient_photo_id FOREIGN KEY(photo_id) REFERENCES attachment (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_patient_merged_into FOREIGN KEY(merged_into) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_patient_birth_date ON patient (birth_date)
--
CREATE INDEX ix_patient_family ON patient (family)
--
CREATE INDEX ix_patient_merged_into ON patient (merged_into) WHERE merged_into IS NOT NULL
--
CREATE INDEX ix_patient_mrn ON patient (mrn)
--
CREATE INDEX ix_patient_name ON patient (family, given)
--
CREATE TABLE practice (
  name VARCHAR NOT NULL,
  legal_name VARCHAR DEFAULT '' NOT NULL,
  tax_number VARCHAR DEFAULT '' NOT NULL,
  licence_number VARCHAR DEFAULT '' NOT NULL,
  phone VARCHAR DEFAULT '' NOT NULL,
  email VARCHAR DEFAULT '' NOT NULL,
  website VARCHAR DEFAULT '' NOT NULL,
  address VARCHAR DEFAULT '' NOT NULL,
  city VARCHAR DEFAULT '' NOT NULL,
  postal_code VARCHAR DEFAULT '' NOT NULL,
  country VARCHAR DEFAULT '' NOT NULL,
  language VARCHAR NOT NULL,
  currency VARCHAR NOT NULL,
  time_zone VARCHAR NOT NULL,
  letterhead TEXT NOT NULL,
  logo_id BLOB,
  is_sample BOOLEAN NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_practice PRIMARY KEY (id),
  CONSTRAINT fk_practice_logo_id FOREIGN KEY(logo_id) REFERENCES attachment (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE TABLE service_item (
  code VARCHAR DEFAULT '' NOT NULL,
  name VARCHAR NOT NULL,
  category VARCHAR DEFAULT '' NOT NULL,
  tax_rate_id BLOB,
  position INTEGER NOT NULL,
  is_active BOOLEAN NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_service_item PRIMARY KEY (id),
  CONSTRAINT fk_service_item_tax_rate_id FOREIGN KEY(tax_rate_id) REFERENCES tax_rate (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE TABLE working_hours (
  practitioner_id BLOB,
  location_id BLOB,
  weekday INTEGER NOT NULL,
  start_min INTEGER NOT NULL,
  end_min INTEGER NOT NULL,
  valid_from VARCHAR(10),
  valid_to VARCHAR(10),
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_working_hours PRIMARY KEY (id),
  CONSTRAINT fk_working_hours_practitioner_id FOREIGN KEY(practitioner_id) REFERENCES practitioner (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_working_hours_location_id FOREIGN KEY(location_id) REFERENCES location (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_working_hours_practitioner_id ON working_hours (practitioner_id)
--
CREATE TABLE consent (
  patient_id BLOB NOT NULL,
  kind VARCHAR NOT NULL,
  version VARCHAR DEFAULT '' NOT NULL,
  status VARCHAR NOT NULL,
  given_at INTEGER NOT NULL,
  given_by VARCHAR DEFAULT '' NOT NULL,
  recorded_by BLOB,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_consent PRIMARY KEY (id),
  CONSTRAINT fk_consent_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_consent_recorded_by FOREIGN KEY(recorded_by) REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_consent_patient_id ON consent (patient_id)
--
CREATE TABLE contact_point (
  patient_id BLOB NOT NULL,
  system VARCHAR NOT NULL,
  use VARCHAR DEFAULT '' NOT NULL,
  value VARCHAR NOT NULL,
  digits VARCHAR DEFAULT '' NOT NULL,
  rank INTEGER NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_contact_point PRIMARY KEY (id),
  CONSTRAINT fk_contact_point_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_contact_point_digits ON contact_point (digits)
--
CREATE INDEX ix_contact_point_patient_id ON contact_point (patient_id)
--
CREATE TABLE coverage (
  patient_id BLOB NOT NULL,
  payer_id BLOB,
  payer_name VARCHAR DEFAULT '' NOT NULL,
  policy_number VARCHAR DEFAULT '' NOT NULL,
  kind VARCHAR DEFAULT '' NOT NULL,
  relationship VARCHAR DEFAULT '' NOT NULL,
  status VARCHAR NOT NULL,
  valid_from VARCHAR(10),
  valid_to VARCHAR(10),
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_coverage PRIMARY KEY (id),
  CONSTRAINT fk_coverage_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_coverage_payer_id FOREIGN KEY(payer_id) REFERENCES organization (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_coverage_patient_id ON coverage (patient_id)
--
CREATE TABLE encounter (
  patient_id BLOB NOT NULL,
  practitioner_id BLOB,
  location_id BLOB,
  organization_id BLOB,
  encounter_class VARCHAR NOT NULL,
  type_system VARCHAR DEFAULT '' NOT NULL,
  type_code VARCHAR DEFAULT '' NOT NULL,
  type_display VARCHAR DEFAULT '' NOT NULL,
  status VARCHAR NOT NULL,
  start_at INTEGER NOT NULL,
  end_at INTEGER,
  reason VARCHAR DEFAULT '' NOT NULL,
  signed_at INTEGER,
  signed_by BLOB,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_encounter PRIMARY KEY (id),
  CONSTRAINT fk_encounter_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_encounter_practitioner_id FOREIGN KEY(practitioner_id) REFERENCES practitioner (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_encounter_location_id FOREIGN KEY(location_id) REFERENCES location (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_encounter_organization_id FOREIGN KEY(organization_id) REFERENCES organization (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_encounter_signed_by FOREIGN KEY(signed_by) REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_encounter_patient_start ON encounter (patient_id, start_at, status, is_deleted)
--
CREATE TABLE favourite (
  user_id BLOB,
  kind VARCHAR NOT NULL,
  label VARCHAR NOT NULL,
  payload TEXT NOT NULL,
  uses INTEGER NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_favourite PRIMARY KEY (id),
  CONSTRAINT fk_favourite_user_id FOREIGN KEY(user_id) REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_favourite_kind ON favourite (kind)
--
CREATE INDEX ix_favourite_user_id ON favourite (user_id)
--
CREATE TABLE import_batch (
  started_at INTEGER NOT NULL,
  started_by BLOB,
  format VARCHAR NOT NULL,
  files TEXT NOT NULL,
  counts TEXT NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_import_batch PRIMARY KEY (id),
  CONSTRAINT fk_import_batch_started_by FOREIGN KEY(started_by) REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE TABLE note_template (
  name VARCHAR NOT NULL,
  shortcut VARCHAR NOT NULL,
  body TEXT NOT NULL,
  language VARCHAR DEFAULT '' NOT NULL,
  user_id BLOB,
  is_active BOOLEAN NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_note_template PRIMARY KEY (id),
  CONSTRAINT fk_note_template_user_id FOREIGN KEY(user_id) REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_note_template_shortcut ON note_template (shortcut)
--
CREATE TABLE patient_alert (
  patient_id BLOB NOT NULL,
  severity VARCHAR NOT NULL,
  message VARCHAR NOT NULL,
  is_active BOOLEAN NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_patient_alert PRIMARY KEY (id),
  CONSTRAINT fk_patient_alert_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_patient_alert_patient_id ON patient_alert (patient_id)
--
CREATE TABLE patient_identifier (
  patient_id BLOB NOT NULL,
  system VARCHAR DEFAULT '' NOT NULL,
  kind VARCHAR DEFAULT '' NOT NULL,
  value VARCHAR NOT NULL,
  assigner VARCHAR DEFAULT '' NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_patient_identifier PRIMARY KEY (id),
  CONSTRAINT fk_patient_identifier_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_patient_identifier_patient_id ON patient_identifier (patient_id)
--
CREATE INDEX ix_patient_identifier_value ON patient_identifier (value)
--
CREATE TABLE patient_merge (
  survivor_id BLOB NOT NULL,
  merged_id BLOB NOT NULL,
  status VARCHAR NOT NULL,
  reason VARCHAR DEFAULT '' NOT NULL,
  merged_at INTEGER NOT NULL,
  merged_by BLOB,
  "before" TEXT NOT NULL,
  undone_at INTEGER,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_patient_merge PRIMARY KEY (id),
  CONSTRAINT fk_patient_merge_survivor_id FOREIGN KEY(survivor_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_patient_merge_merged_id FOREIGN KEY(merged_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_patient_merge_merged_by FOREIGN KEY(merged_by) REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_patient_merge_merged_id ON patient_merge (merged_id)
--
CREATE INDEX ix_patient_merge_survivor_id ON patient_merge (survivor_id)
--
CREATE TABLE price (
  price_list_id BLOB NOT NULL,
  service_item_id BLOB NOT NULL,
  amount_minor INTEGER NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_price PRIMARY KEY (id),
  CONSTRAINT fk_price_price_list_id FOREIGN KEY(price_list_id) REFERENCES price_list (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_price_service_item_id FOREIGN KEY(service_item_id) REFERENCES service_item (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_price_price_list_id ON price (price_list_id)
--
CREATE INDEX ix_price_service_item_id ON price (service_item_id)
--
CREATE TABLE printed_document (
  patient_id BLOB,
  kind VARCHAR NOT NULL,
  subject_id CHAR(32),
  number VARCHAR DEFAULT '' NOT NULL,
  language VARCHAR DEFAULT '' NOT NULL,
  paper VARCHAR DEFAULT '' NOT NULL,
  attachment_id BLOB NOT NULL,
  sha256 VARCHAR NOT NULL,
  printed_at INTEGER NOT NULL,
  printed_by BLOB,
  printer VARCHAR DEFAULT '' NOT NULL,
  copies INTEGER NOT NULL,
  reprint_of BLOB,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_printed_document PRIMARY KEY (id),
  CONSTRAINT fk_printed_document_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_printed_document_attachment_id FOREIGN KEY(attachment_id) REFERENCES attachment (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_printed_document_printed_by FOREIGN KEY(printed_by) REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_printed_document_reprint_of FOREIGN KEY(reprint_of) REFERENCES printed_document (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_printed_document_patient_id ON printed_document (patient_id)
--
CREATE INDEX ix_printed_document_subject_id ON printed_document (subject_id)
--
CREATE TABLE related_person (
  patient_id BLOB NOT NULL,
  relationship VARCHAR DEFAULT '' NOT NULL,
  name VARCHAR NOT NULL,
  phone VARCHAR DEFAULT '' NOT NULL,
  is_guardian BOOLEAN NOT NULL,
  is_next_of_kin BOOLEAN NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_related_person PRIMARY KEY (id),
  CONSTRAINT fk_related_person_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_related_person_patient_id ON related_person (patient_id)
--
CREATE TABLE setting (
  "key" VARCHAR NOT NULL,
  value TEXT NOT NULL,
  user_id BLOB,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_setting PRIMARY KEY (id),
  CONSTRAINT fk_setting_user_id FOREIGN KEY(user_id) REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_setting_key ON setting ("key")
--
CREATE INDEX ix_setting_user_id ON setting (user_id)
--
CREATE TABLE allergy_intolerance (
  patient_id BLOB NOT NULL,
  encounter_id BLOB,
  system VARCHAR DEFAULT '' NOT NULL,
  code VARCHAR DEFAULT '' NOT NULL,
  display VARCHAR NOT NULL,
  category VARCHAR DEFAULT '' NOT NULL,
  kind VARCHAR NOT NULL,
  criticality VARCHAR DEFAULT '' NOT NULL,
  severity VARCHAR DEFAULT '' NOT NULL,
  reaction VARCHAR DEFAULT '' NOT NULL,
  clinical_status VARCHAR NOT NULL,
  verification_status VARCHAR NOT NULL,
  onset VARCHAR DEFAULT '' NOT NULL,
  recorded_at INTEGER,
  recorder_id BLOB,
  note VARCHAR DEFAULT '' NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_allergy_intolerance PRIMARY KEY (id),
  CONSTRAINT fk_allergy_intolerance_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_allergy_intolerance_encounter_id FOREIGN KEY(encounter_id) REFERENCES encounter (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_allergy_intolerance_recorder_id FOREIGN KEY(recorder_id) REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_allergy_intolerance_patient_id ON allergy_intolerance (patient_id)
--
CREATE TABLE appointment_type (
  name VARCHAR NOT NULL,
  shortcut VARCHAR DEFAULT '' NOT NULL,
  duration_min INTEGER NOT NULL,
  color VARCHAR DEFAULT '' NOT NULL,
  preparation VARCHAR DEFAULT '' NOT NULL,
  note_template_id BLOB,
  service_item_id BLOB,
  position INTEGER NOT NULL,
  is_active BOOLEAN NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_appointment_type PRIMARY KEY (id),
  CONSTRAINT fk_appointment_type_note_template_id FOREIGN KEY(note_template_id) REFERENCES note_template (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_appointment_type_service_item_id FOREIGN KEY(service_item_id) REFERENCES service_item (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE TABLE condition (
  patient_id BLOB NOT NULL,
  encounter_id BLOB,
  category VARCHAR NOT NULL,
  system VARCHAR DEFAULT '' NOT NULL,
  code VARCHAR DEFAULT '' NOT NULL,
  code_version VARCHAR DEFAULT '' NOT NULL,
  display VARCHAR NOT NULL,
  clinical_status VARCHAR NOT NULL,
  verification_status VARCHAR NOT NULL,
  onset VARCHAR DEFAULT '' NOT NULL,
  abated VARCHAR DEFAULT '' NOT NULL,
  recorded_at INTEGER,
  recorder_id BLOB,
  rank INTEGER NOT NULL,
  note VARCHAR DEFAULT '' NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_condition PRIMARY KEY (id),
  CONSTRAINT fk_condition_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_condition_encounter_id FOREIGN KEY(encounter_id) REFERENCES encounter (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_condition_recorder_id FOREIGN KEY(recorder_id) REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_condition_encounter_id ON condition (encounter_id)
--
CREATE INDEX ix_condition_patient_id ON condition (patient_id)
--
CREATE INDEX ix_condition_patient_status ON condition (patient_id, clinical_status)
--
CREATE TABLE diagnostic_report (
  patient_id BLOB NOT NULL,
  encounter_id BLOB,
  category VARCHAR DEFAULT '' NOT NULL,
  system VARCHAR DEFAULT '' NOT NULL,
  code VARCHAR DEFAULT '' NOT NULL,
  display VARCHAR NOT NULL,
  status VARCHAR NOT NULL,
  effective_at INTEGER,
  issued_at INTEGER,
  conclusion VARCHAR DEFAULT '' NOT NULL,
  narrative VARCHAR DEFAULT '' NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_diagnostic_report PRIMARY KEY (id),
  CONSTRAINT fk_diagnostic_report_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_diagnostic_report_encounter_id FOREIGN KEY(encounter_id) REFERENCES encounter (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_diagnostic_report_patient_id ON diagnostic_report (patient_id)
--
CREATE TABLE document_reference (
  patient_id BLOB NOT NULL,
  encounter_id BLOB,
  attachment_id BLOB,
  system VARCHAR DEFAULT '' NOT NULL,
  code VARCHAR DEFAULT '' NOT NULL,
  display VARCHAR NOT NULL,
  title VARCHAR DEFAULT '' NOT NULL,
  status VARCHAR NOT NULL,
  dated_at INTEGER,
  author VARCHAR DEFAULT '' NOT NULL,
  content VARCHAR DEFAULT '' NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_document_reference PRIMARY KEY (id),
  CONSTRAINT fk_document_reference_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_document_reference_encounter_id FOREIGN KEY(encounter_id) REFERENCES encounter (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_document_reference_attachment_id FOREIGN KEY(attachment_id) REFERENCES attachment (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_document_reference_patient_id ON document_reference (patient_id)
--
CREATE TABLE immunization (
  patient_id BLOB NOT NULL,
  encounter_id BLOB,
  system VARCHAR DEFAULT '' NOT NULL,
  code VARCHAR DEFAULT '' NOT NULL,
  display VARCHAR NOT NULL,
  status VARCHAR NOT NULL,
  status_reason VARCHAR DEFAULT '' NOT NULL,
  occurred_at INTEGER,
  lot_number VARCHAR DEFAULT '' NOT NULL,
  expires_on VARCHAR(10),
  manufacturer VARCHAR DEFAULT '' NOT NULL,
  dose_number VARCHAR DEFAULT '' NOT NULL,
  dose_value VARCHAR DEFAULT '' NOT NULL,
  dose_unit VARCHAR DEFAULT '' NOT NULL,
  route VARCHAR DEFAULT '' NOT NULL,
  site VARCHAR DEFAULT '' NOT NULL,
  primary_source BOOLEAN NOT NULL,
  performer_id BLOB,
  note VARCHAR DEFAULT '' NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_immunization PRIMARY KEY (id),
  CONSTRAINT fk_immunization_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_immunization_encounter_id FOREIGN KEY(encounter_id) REFERENCES encounter (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_immunization_performer_id FOREIGN KEY(performer_id) REFERENCES practitioner (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_immunization_patient_id ON immunization (patient_id)
--
CREATE TABLE invoice (
  patient_id BLOB NOT NULL,
  encounter_id BLOB,
  practitioner_id BLOB,
  kind VARCHAR NOT NULL,
  status VARCHAR NOT NULL,
  number VARCHAR DEFAULT '' NOT NULL,
  currency VARCHAR NOT NULL,
  discount_minor INTEGER NOT NULL,
  discount_bp INTEGER NOT NULL,
  discount_reason VARCHAR DEFAULT '' NOT NULL,
  net_minor INTEGER NOT NULL,
  tax_minor INTEGER NOT NULL,
  total_minor INTEGER NOT NULL,
  issued_at INTEGER,
  issued_by BLOB,
  due_on VARCHAR(10),
  seller TEXT NOT NULL,
  buyer TEXT NOT NULL,
  refers_to BLOB,
  note VARCHAR DEFAULT '' NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_invoice PRIMARY KEY (id),
  CONSTRAINT fk_invoice_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_invoice_encounter_id FOREIGN KEY(encounter_id) REFERENCES encounter (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_invoice_practitioner_id FOREIGN KEY(practitioner_id) REFERENCES practitioner (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_invoice_issued_by FOREIGN KEY(issued_by) REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_invoice_refers_to FOREIGN KEY(refers_to) REFERENCES invoice (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_invoice_encounter_id ON invoice (encounter_id)
--
CREATE INDEX ix_invoice_number ON invoice (number)
--
CREATE INDEX ix_invoice_patient_id ON invoice (patient_id)
--
CREATE INDEX ix_invoice_refers_to ON invoice (refers_to)
--
CREATE TABLE note (
  encounter_id BLOB NOT NULL,
  patient_id BLOB NOT NULL,
  kind VARCHAR NOT NULL,
  subjective VARCHAR DEFAULT '' NOT NULL,
  objective VARCHAR DEFAULT '' NOT NULL,
  assessment VARCHAR DEFAULT '' NOT NULL,
  "plan" VARCHAR DEFAULT '' NOT NULL,
  status VARCHAR NOT NULL,
  author_id BLOB,
  written_at INTEGER NOT NULL,
  signed_at INTEGER,
  content_hash VARCHAR DEFAULT '' NOT NULL,
  amends_id BLOB,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_note PRIMARY KEY (id),
  CONSTRAINT fk_note_encounter_id FOREIGN KEY(encounter_id) REFERENCES encounter (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_note_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_note_author_id FOREIGN KEY(author_id) REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_note_amends_id FOREIGN KEY(amends_id) REFERENCES note (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_note_encounter_id ON note (encounter_id)
--
CREATE INDEX ix_note_patient_id ON note (patient_id)
--
CREATE TABLE prescription (
  patient_id BLOB NOT NULL,
  encounter_id BLOB,
  practitioner_id BLOB,
  number VARCHAR DEFAULT '' NOT NULL,
  status VARCHAR NOT NULL,
  issued_at INTEGER NOT NULL,
  valid_until VARCHAR(10),
  language VARCHAR DEFAULT '' NOT NULL,
  allergy_check TEXT NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_prescription PRIMARY KEY (id),
  CONSTRAINT fk_prescription_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_prescription_encounter_id FOREIGN KEY(encounter_id) REFERENCES encounter (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_prescription_practitioner_id FOREIGN KEY(practitioner_id) REFERENCES practitioner (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_prescription_patient_id ON prescription (patient_id)
--
CREATE TABLE procedure (
  patient_id BLOB NOT NULL,
  encounter_id BLOB,
  system VARCHAR DEFAULT '' NOT NULL,
  code VARCHAR DEFAULT '' NOT NULL,
  display VARCHAR NOT NULL,
  status VARCHAR NOT NULL,
  performed_at INTEGER,
  performed_end_at INTEGER,
  performer_id BLOB,
  reason VARCHAR DEFAULT '' NOT NULL,
  note VARCHAR DEFAULT '' NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_procedure PRIMARY KEY (id),
  CONSTRAINT fk_procedure_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_procedure_encounter_id FOREIGN KEY(encounter_id) REFERENCES encounter (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_procedure_performer_id FOREIGN KEY(performer_id) REFERENCES practitioner (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_procedure_patient_id ON procedure (patient_id)
--
CREATE TABLE referral (
  patient_id BLOB NOT NULL,
  encounter_id BLOB,
  practitioner_id BLOB,
  number VARCHAR NOT NULL,
  recipient VARCHAR NOT NULL,
  specialty VARCHAR DEFAULT '' NOT NULL,
  urgency VARCHAR NOT NULL,
  reason VARCHAR DEFAULT '' NOT NULL,
  body VARCHAR DEFAULT '' NOT NULL,
  status VARCHAR NOT NULL,
  issued_at INTEGER NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_referral PRIMARY KEY (id),
  CONSTRAINT fk_referral_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_referral_encounter_id FOREIGN KEY(encounter_id) REFERENCES encounter (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_referral_practitioner_id FOREIGN KEY(practitioner_id) REFERENCES practitioner (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_referral_patient_id ON referral (patient_id)
--
CREATE TABLE sick_note (
  patient_id BLOB NOT NULL,
  encounter_id BLOB,
  practitioner_id BLOB,
  number VARCHAR NOT NULL,
  start_on VARCHAR(10) NOT NULL,
  end_on VARCHAR(10) NOT NULL,
  reason VARCHAR DEFAULT '' NOT NULL,
  shows_diagnosis BOOLEAN NOT NULL,
  restrictions VARCHAR DEFAULT '' NOT NULL,
  status VARCHAR NOT NULL,
  issued_at INTEGER NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_sick_note PRIMARY KEY (id),
  CONSTRAINT fk_sick_note_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_sick_note_encounter_id FOREIGN KEY(encounter_id) REFERENCES encounter (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_sick_note_practitioner_id FOREIGN KEY(practitioner_id) REFERENCES practitioner (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_sick_note_patient_id ON sick_note (patient_id)
--
CREATE TABLE source_resource (
  batch_id BLOB NOT NULL,
  patient_id BLOB,
  attachment_id BLOB NOT NULL,
  position INTEGER NOT NULL,
  resource_type VARCHAR NOT NULL,
  source_key BLOB NOT NULL,
  content_hash BLOB NOT NULL,
  row_table VARCHAR DEFAULT '' NOT NULL,
  row_id BLOB,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_source_resource PRIMARY KEY (id),
  CONSTRAINT fk_source_resource_batch_id FOREIGN KEY(batch_id) REFERENCES import_batch (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_source_resource_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_source_resource_attachment_id FOREIGN KEY(attachment_id) REFERENCES attachment (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_source_resource_patient_id ON source_resource (patient_id)
--
CREATE INDEX ix_source_resource_row ON source_resource (row_id)
--
CREATE INDEX ix_source_resource_source_key ON source_resource (source_key)
--
CREATE TABLE appointment (
  patient_id BLOB,
  practitioner_id BLOB,
  location_id BLOB,
  type_id BLOB,
  start_at INTEGER NOT NULL,
  end_at INTEGER NOT NULL,
  status VARCHAR NOT NULL,
  reason VARCHAR DEFAULT '' NOT NULL,
  comment VARCHAR DEFAULT '' NOT NULL,
  code VARCHAR DEFAULT '' NOT NULL,
  is_walk_in BOOLEAN NOT NULL,
  overlap_reason VARCHAR DEFAULT '' NOT NULL,
  cancel_reason VARCHAR DEFAULT '' NOT NULL,
  arrived_at INTEGER,
  roomed_at INTEGER,
  to_bill_at INTEGER,
  done_at INTEGER,
  encounter_id BLOB,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_appointment PRIMARY KEY (id),
  CONSTRAINT fk_appointment_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_appointment_practitioner_id FOREIGN KEY(practitioner_id) REFERENCES practitioner (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_appointment_location_id FOREIGN KEY(location_id) REFERENCES location (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_appointment_type_id FOREIGN KEY(type_id) REFERENCES appointment_type (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_appointment_encounter_id FOREIGN KEY(encounter_id) REFERENCES encounter (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_appointment_code ON appointment (code)
--
CREATE INDEX ix_appointment_day ON appointment (start_at, practitioner_id)
--
CREATE INDEX ix_appointment_encounter_id ON appointment (encounter_id)
--
CREATE INDEX ix_appointment_patient_id ON appointment (patient_id)
--
CREATE TABLE invoice_line (
  invoice_id BLOB NOT NULL,
  service_item_id BLOB,
  position INTEGER NOT NULL,
  description VARCHAR NOT NULL,
  quantity VARCHAR NOT NULL,
  unit_price_minor INTEGER NOT NULL,
  discount_minor INTEGER NOT NULL,
  discount_bp INTEGER NOT NULL,
  tax_name VARCHAR DEFAULT '' NOT NULL,
  tax_bp INTEGER NOT NULL,
  tax_inclusive BOOLEAN NOT NULL,
  net_minor INTEGER NOT NULL,
  tax_minor INTEGER NOT NULL,
  total_minor INTEGER NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_invoice_line PRIMARY KEY (id),
  CONSTRAINT fk_invoice_line_invoice_id FOREIGN KEY(invoice_id) REFERENCES invoice (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_invoice_line_service_item_id FOREIGN KEY(service_item_id) REFERENCES service_item (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_invoice_line_invoice_id ON invoice_line (invoice_id)
--
CREATE TABLE medication_request (
  patient_id BLOB NOT NULL,
  encounter_id BLOB,
  prescription_id BLOB,
  status VARCHAR NOT NULL,
  intent VARCHAR NOT NULL,
  system VARCHAR DEFAULT '' NOT NULL,
  code VARCHAR DEFAULT '' NOT NULL,
  product VARCHAR NOT NULL,
  ingredient VARCHAR DEFAULT '' NOT NULL,
  strength VARCHAR DEFAULT '' NOT NULL,
  form VARCHAR DEFAULT '' NOT NULL,
  dose_value VARCHAR DEFAULT '' NOT NULL,
  dose_unit VARCHAR DEFAULT '' NOT NULL,
  route VARCHAR DEFAULT '' NOT NULL,
  frequency TEXT NOT NULL,
  as_needed BOOLEAN NOT NULL,
  duration_value VARCHAR DEFAULT '' NOT NULL,
  duration_unit VARCHAR DEFAULT '' NOT NULL,
  quantity_value VARCHAR DEFAULT '' NOT NULL,
  quantity_unit VARCHAR DEFAULT '' NOT NULL,
  repeats INTEGER NOT NULL,
  instructions VARCHAR DEFAULT '' NOT NULL,
  reason VARCHAR DEFAULT '' NOT NULL,
  override_reason VARCHAR DEFAULT '' NOT NULL,
  is_long_term BOOLEAN NOT NULL,
  authored_at INTEGER,
  stopped_on VARCHAR(10),
  stop_reason VARCHAR DEFAULT '' NOT NULL,
  requester_id BLOB,
  repeats_id BLOB,
  position INTEGER NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_medication_request PRIMARY KEY (id),
  CONSTRAINT fk_medication_request_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_medication_request_encounter_id FOREIGN KEY(encounter_id) REFERENCES encounter (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_medication_request_prescription_id FOREIGN KEY(prescription_id) REFERENCES prescription (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_medication_request_requester_id FOREIGN KEY(requester_id) REFERENCES practitioner (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_medication_request_repeats_id FOREIGN KEY(repeats_id) REFERENCES medication_request (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_medication_request_patient_time ON medication_request (patient_id, authored_at)
--
CREATE INDEX ix_medication_request_prescription_id ON medication_request (prescription_id)
--
CREATE TABLE observation (
  patient_id BLOB NOT NULL,
  encounter_id BLOB,
  parent_id BLOB,
  report_id BLOB,
  category VARCHAR NOT NULL,
  system VARCHAR DEFAULT '' NOT NULL,
  code VARCHAR DEFAULT '' NOT NULL,
  display VARCHAR NOT NULL,
  status VARCHAR NOT NULL,
  value_kind VARCHAR DEFAULT '' NOT NULL,
  value VARCHAR DEFAULT '' NOT NULL,
  value_number DOUBLE,
  comparator VARCHAR DEFAULT '' NOT NULL,
  unit VARCHAR DEFAULT '' NOT NULL,
  unit_code VARCHAR DEFAULT '' NOT NULL,
  value_system VARCHAR DEFAULT '' NOT NULL,
  value_code VARCHAR DEFAULT '' NOT NULL,
  absent_reason VARCHAR DEFAULT '' NOT NULL,
  interpretation VARCHAR DEFAULT '' NOT NULL,
  reference_low VARCHAR DEFAULT '' NOT NULL,
  reference_high VARCHAR DEFAULT '' NOT NULL,
  reference_text VARCHAR DEFAULT '' NOT NULL,
  effective_at INTEGER,
  issued_at INTEGER,
  performer_id BLOB,
  recorder_id BLOB,
  corrects_id BLOB,
  note VARCHAR DEFAULT '' NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_observation PRIMARY KEY (id),
  CONSTRAINT fk_observation_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_observation_encounter_id FOREIGN KEY(encounter_id) REFERENCES encounter (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_observation_parent_id FOREIGN KEY(parent_id) REFERENCES observation (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_observation_report_id FOREIGN KEY(report_id) REFERENCES diagnostic_report (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_observation_performer_id FOREIGN KEY(performer_id) REFERENCES practitioner (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_observation_recorder_id FOREIGN KEY(recorder_id) REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_observation_corrects_id FOREIGN KEY(corrects_id) REFERENCES observation (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_observation_corrects_id ON observation (corrects_id)
--
CREATE INDEX ix_observation_encounter_id ON observation (encounter_id)
--
CREATE INDEX ix_observation_parent_id ON observation (parent_id)
--
CREATE INDEX ix_observation_patient_time ON observation (patient_id, effective_at)
--
CREATE INDEX ix_observation_report_id ON observation (report_id)
--
CREATE INDEX ix_observation_trend ON observation (patient_id, code, effective_at)
--
CREATE TABLE payment (
  patient_id BLOB NOT NULL,
  invoice_id BLOB,
  kind VARCHAR NOT NULL,
  number VARCHAR NOT NULL,
  amount_minor INTEGER NOT NULL,
  currency VARCHAR NOT NULL,
  method VARCHAR NOT NULL,
  tendered_minor INTEGER,
  change_minor INTEGER,
  reference VARCHAR DEFAULT '' NOT NULL,
  taken_at INTEGER NOT NULL,
  taken_by BLOB,
  refers_to BLOB,
  reason VARCHAR DEFAULT '' NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_payment PRIMARY KEY (id),
  CONSTRAINT fk_payment_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_payment_invoice_id FOREIGN KEY(invoice_id) REFERENCES invoice (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_payment_taken_by FOREIGN KEY(taken_by) REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_payment_refers_to FOREIGN KEY(refers_to) REFERENCES payment (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_payment_invoice_id ON payment (invoice_id)
--
CREATE INDEX ix_payment_number ON payment (number)
--
CREATE INDEX ix_payment_patient_id ON payment (patient_id)
--
CREATE TABLE waitlist_entry (
  patient_id BLOB NOT NULL,
  practitioner_id BLOB,
  type_id BLOB,
  from_on VARCHAR(10),
  to_on VARCHAR(10),
  preference VARCHAR DEFAULT '' NOT NULL,
  note VARCHAR DEFAULT '' NOT NULL,
  status VARCHAR NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_waitlist_entry PRIMARY KEY (id),
  CONSTRAINT fk_waitlist_entry_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_waitlist_entry_practitioner_id FOREIGN KEY(practitioner_id) REFERENCES practitioner (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_waitlist_entry_type_id FOREIGN KEY(type_id) REFERENCES appointment_type (id) DEFERRABLE INITIALLY DEFERRED
)
--
CREATE INDEX ix_waitlist_entry_patient_id ON waitlist_entry (patient_id)
--
CREATE VIRTUAL TABLE patient_fts USING fts5(body, content='', contentless_delete=1, prefix='2 3 4', tokenize="unicode61 remove_diacritics 0 categories 'L* N* M* Co'")
--
INSERT INTO sync_ctx (one, applying) VALUES (1, 0)
