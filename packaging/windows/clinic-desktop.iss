; Inno Setup: wraps dist\clinic-desktop into an installer for one person or for the whole PC.
; Build with: iscc /DVersion=0.1.0 packaging\windows\clinic-desktop.iss

#ifndef Version
  #error Give the version: iscc /DVersion=x.y.z
#endif

[Setup]
AppId={{6B0C7C1E-5D0B-4E0B-9C63-2C0A9B1C7A55}
AppName=Clinic Desktop
AppVersion={#Version}
AppPublisher=Clinic Desktop authors
DefaultDirName={autopf}\Clinic Desktop
DefaultGroupName=Clinic Desktop
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
LicenseFile=..\..\LICENSE
SetupIconFile=..\..\build\icons\clinic-desktop.ico
UninstallDisplayIcon={app}\Clinic Desktop.exe
OutputDir=..\..\dist
OutputBaseFilename=clinic-desktop-{#Version}-setup
Compression=lzma2
SolidCompression=yes
WizardStyle=modern
ChangesAssociations=yes
CloseApplications=yes

[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"
Name: "ru"; MessagesFile: "compiler:Languages\Russian.isl"
Name: "ar"; MessagesFile: "compiler:Languages\Arabic.isl"

[Files]
Source: "..\..\dist\clinic-desktop\*"; DestDir: "{app}"; Flags: recursesubdirs ignoreversion

[Icons]
Name: "{autoprograms}\Clinic Desktop"; Filename: "{app}\Clinic Desktop.exe"
Name: "{autodesktop}\Clinic Desktop"; Filename: "{app}\Clinic Desktop.exe"

[Registry]
Root: HKA; Subkey: "Software\Classes\.clinicpack"; ValueType: string; ValueData: "ClinicDesktop.Pack"; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\ClinicDesktop.Pack"; ValueType: string; ValueData: "Clinic Desktop reference pack"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\ClinicDesktop.Pack\DefaultIcon"; ValueType: string; ValueData: "{app}\Clinic Desktop.exe,0"
Root: HKA; Subkey: "Software\Classes\ClinicDesktop.Pack\shell\open\command"; ValueType: string; ValueData: """{app}\Clinic Desktop.exe"" ""%1"""

; The clinic's records lie in the person's own data folder and are never touched by an uninstall.
