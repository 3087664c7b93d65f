"""Lines of real logs, each with where it was published.

Names of people, devices and hosts, addresses and identifiers are made up anew; the rest stands as it stood.
"""

# ruff: noqa: E501, RUF001 -- lines of logs are as long as they are, in any language

from __future__ import annotations

from typing import NamedTuple


class Vector(NamedTuple):
    """A part of a log. `problems` are codes, levels and lines; `found` the stage and outcome of each attempt."""

    source: str
    text: str
    problems: tuple[tuple[str, str, int], ...]
    found: tuple[tuple[str, str], ...]
    says: str = ""
    """What stands in the message of the first problem."""


_FAILED = (("install", "failed"),)
_ONE = (("install-failed", "error", 1),)


def _one(source: str, text: str, says: str) -> Vector:
    """Make a vector of one line, which names one cause."""
    return Vector(source, text, _ONE, _FAILED, says)


_STAGING = "/var/installd/Library/Caches/com.apple.mobile.installd.staging"

DEVICE: tuple[Vector, ...] = (
    Vector(
        "lionheart/openradar-mirror#1023",
        "   <Error>: profile not valid: 0xe8008011\n"
        "   <Error>: 0x385000 install_embedded_profile: Could not install embedded profile: 0xe8008011\n",
        _ONE,
        _FAILED,
        "The profile has expired",
    ),
    Vector(
        "lionheart/openradar-mirror#11879",
        "itunesstored[86] <Warning>: LoadExternalDownloadManifestOperation: Ignore manifest download, already have bundleID: com.example.myapp\n",
        _ONE,
        (("manifest", "failed"),),
        "takes the app for installed",
    ),
    Vector(
        "lionheart/openradar-mirror#35",
        "Jul 31 09:16:44 iPod-of-Ada itunesstored[107] <Warning>: ExternalDownloadManifest: Skipping download and install of: org.example.redapp\n",
        _ONE,
        (("manifest", "failed"),),
        "a copy from the App Store is installed",
    ),
    Vector(
        "qiita.com/yamotonalds/items/49e4173706e1756a9913",
        'itunesstored[94] <Warning>: Could not load download manifest with underlying error: Error Domain=SSErrorDomain Code=2 "iTunes Storeに接続できません" UserInfo=0x17d4fdc0 {NSLocalizedDescription=iTunes Storeに接続できません}\n',
        _ONE,
        (("manifest", "failed"),),
        "could not use the manifest",
    ),
    Vector(
        "developer.apple.com/forums/thread/699329",
        "2022-01-27 22:34:15.372576 +0800    appstored   [UPP599852B1/com.example.inhouse] Running HEAD operation to get size for URL: https://apps.example.com/inhouse.ipa task: LocalDataTask <F3E1C478-D962-4312-8206-3B73CDF5CAAC>.<1>\n"
        "2022-01-27 22:34:15.682576 +0800    appstored   [UPP599852B1/com.example.inhouse] Found size: 74710311 for URL: https://apps.example.com/inhouse.ipa\n"
        "2022-01-27 22:34:15.692636 +0800    appstored   [UPP599852B1/com.example.inhouse]: Evaluating download, size = 74710311 automatic = 0\n"
        "2022-01-27 22:34:19.531831 +0800    installd    0x16cf8b000 -[MIUninstaller performUninstallationWithError:]: Uninstalling parallel placeholder for com.example.inhouse\n"
        "2022-01-27 22:34:19.533612 +0800    installd    com.example.inhouse:7:9:2:1:Success (End) : Uninstall (Parallel Placeholder)\n"
        'canceled by client 1 for reason Error Domain=IXUserPresentableErrorDomain Code=3 "This installation was canceled by the user." UserInfo={NSLocalizedFailureReason=User canceled., NSLocalizedDescription=This installation was canceled by the user.}).\n',
        (("install-failed", "error", 6),),
        _FAILED,
        "canceled on the device",
    ),
    Vector(
        "micromdm/micromdm#1045",
        "                        <key>ErrorCode</key>\n"
        "                        <integer>850</integer>\n"
        "                        <key>ErrorDomain</key>\n"
        "                        <string>ASDErrorDomain</string>\n"
        "                        <key>LocalizedDescription</key>\n"
        "                        <string>The manifest URL isn't external</string>\n",
        (("install-failed", "error", 4),),
        (("manifest", "failed"),),
        "refuses the URL of the manifest",
    ),
    Vector(
        "micromdm/micromdm#834",
        "<key>ErrorCode</key>\n<integer>2604</integer>\n<key>ErrorDomain</key>\n<string>DeviceManagement.error</string>\n"
        "<key>LocalizedDescription</key>\n<string>Could not validate manifest. </string>\n",
        (("install-failed", "error", 4),),
        (("manifest", "failed"),),
        "The manifest could not be fetched or read",
    ),
    Vector(
        "Naituw/IPAPatch#95",
        "Failed to install embedded profile for com.example.shop : 0xe8008012 (This provisioning profile cannot be installed on this device.)\n"
        "Domain: MIInstallerErrorDomain\nCode: 13\nUser Info: {\n",
        _ONE,
        _FAILED,
        "UDID is not in it",
    ),
    Vector(
        "Naituw/IPAPatch#95, the part above",
        "Domain: IXUserPresentableErrorDomain\nCode: 14\nFailure Reason: 无法安装此App，因为无法验证其完整性。\n"
        "Recovery Suggestion: Failed to install embedded profile for com.example.shop : 0xe8008012 (This provisioning profile cannot be installed on this device.)\n",
        (("install-failed", "error", 4),),
        _FAILED,
        "0xe8008012",
    ),
    _one(
        "NyaMisty/AltServer-Linux#74",
        f"    Failed to verify code signature of {_STAGING}/temp.bQEKlQ/extracted/Example.app : 0xe8008018 (The identity used to sign the executable is no longer valid.)\n",
        "has expired, or Apple has revoked it",
    ),
    _one(
        "pinauten/Fugu15#74",
        f'Install: VerifyingApplication (40%)ERROR: Install failed. Got error "ApplicationVerificationFailed" with code 0xe8008018: Failed to verify code signature of {_STAGING}/temp.0qqLXF/extracted/Payload/Example.app : 0xe8008018 (The identity used to sign the executable is no longer valid.)\n',
        "0xe8008018",
    ),
    _one(
        "nab138/iloader#609",
        f" ● Application verification failed: Failed to verify code signature of {_STAGING}/temp.UkVRvs/extracted/Example.app : 0xe8008018 (The identity used to sign the executable is no longer valid.)\n",
        "0xe8008018",
    ),
    _one(
        "kpwn/yalu102#308",
        "failed to verify code signature of /private/var/Library/Caches/com.apple.mobile.installd.staging/temp.vECWd8/extracted/Payload/example.app : 0xe8008018 (the identity used to sign the executable is no longer valid)\n",
        "0xe8008018",
    ),
    _one(
        "libimobiledevice/ideviceinstaller#139",
        f'14:39:13 installation_proxy.c:353 instproxy_receive_status_loop(): command: Install, error -13, code 0xe8008029, name: ApplicationVerificationFailed, description: "Failed to verify code signature of {_STAGING}/temp.95tGvj/extracted/Payload/MYAPP.app : 0xe8008029 (The code signature version is no longer supported.)"\n',
        "without entitlements in DER",
    ),
    _one(
        "libimobiledevice/ideviceinstaller#139, the number",
        "        <key>ErrorDetail</key>\n        <integer>-402620375</integer>\n",
        "0xe8008029",
    )._replace(problems=(("install-failed", "error", 2),), found=(("install", "failed"),)),
    _one(
        "SignTools/SignTools-CI#8",
        'Using ideviceinstaller, the error is "ApplicationVerificationFailed" with code 0xe8008016 "The executable was signed with invalid entitlements."\n',
        "entitlements that its profile does not allow",
    )._replace(found=(("install", "failed"),)),
    _one(
        "libimobiledevice/ideviceinstaller#127",
        f'Install: VerifyingApplication (40%)ERROR: Install failed. Got error "ApplicationVerificationFailed" with code 0xe800801c: Failed to verify code signature of /private{_STAGING}/temp.qvqIs3/extracted/Payload/example.app : 0xe800801c (No code signature found.)\n',
        "is not signed",
    ),
    Vector(
        "maciekish/iReSign#66",
        "<Error>: 0x10070c000 -[MICodeSigningVerifier performValidationWithError:]: 186: Failed to verify code signature of <MIExecutableBundle : path = /private/var/mobile/Library/Caches/com.apple.mobile.installd.staging/temp.D4oAby/extracted/Payload/... type = 4> : 0xe8008017 (Signed resources have been added, removed, or modified)\n"
        "resource added: /private/var/mobile/Library/Caches/com.apple.mobile.installd.staging/temp.D4oAby/extracted/Payload/Example.app/Data/sharedassets1.resource\n",
        (("install-failed", "error", 1), ("install-failed", "warning", 2)),
        _FAILED,
        "added, changed or removed after signing",
    ),
    _one(
        "appknox/isign#14",
        f'ERROR: Install failed. Got error "ApplicationVerificationFailed" with code 0xe8008017: Failed to verify code signature of /private{_STAGING}/temp.2DcJ5l/extracted/Payload/Test.app : 0xe8008017 (A signed resource has been added, modified, or deleted.)\n',
        "0xe8008017",
    ),
    _one(
        "SideStore/SideStore#1273",
        f"The operation couldn’t be completed. Unable to install the app: Failed to verify code signature of {_STAGING}/temp.tRjXC5/extracted/Payload/App.app : 0xe8008017 (A signed resource has been added, modified, or deleted.)`\n",
        "0xe8008017",
    ),
    _one(
        "DanTheMan827/ios-app-signer#98",
        f'0x16d0d7000 handle_install: Installation failed: Error Domain=MIInstallerErrorDomain Code=13 "Failed to verify code signature of /private{_STAGING}/temp.d1YWTb/extracted/Payload/Example.app/Frameworks/QuickTableViewController.framework\n',
        "could not verify the app",
    ),
    _one(
        "zhlynn/zsign#295",
        f'Install: VerifyingApplication (40%)ERROR: Install failed. Got error "ApplicationVerificationFailed" with code 0xe8008017: Failed to verify code signature of {_STAGING}/temp.ahoCUx/extracted/Payload/Example.app : 0xe8008017 (A signed resource has been added, modified, or deleted.)\n',
        "0xe8008017",
    ),
    _one(
        "fastlane/fastlane#19688",
        f'<pre> [Install: VerifyingApplication (40%)ERROR: Install failed. Got error "ApplicationVerificationFailed" with code 0xe8008029: Failed to verify code signature of {_STAGING}/temp.PzILa6/extracted/Payload/Adv.app : 0xe8008029 (The code signature version is no longer supported.)] </pre>\n',
        "0xe8008029",
    ),
    _one(
        "JMccormick264/PPAppsIPARepo#16",
        f"installation.cpp:42 Failed to verify code signature of /private{_STAGING}/temp.S8hBlo/extracted/Payload/Example.app/PlugIns/WatchKit Extension.appex : 0xe8008017 (A signed resource has been added, modified, or deleted)\n",
        "0xe8008017",
    ),
    _one(
        "LiveContainer/LiveContainer#1558",
        f'Service operation failed: Failed to install IPA, error: (ApplicationVerificationFailed("Failed to verify code signature of {_STAGING}/temp.6WJCFd/extracted/Payload/App.app : 0xe8008017 (A signed resource has been added, modified, or deleted.)"))\n',
        "0xe8008017",
    ),
    _one(
        "LiveContainer/LiveContainer#449",
        f"Unable to install the app: Failed to verify code signature of {_STAGING}/temp.PXCbNS/extracted/Payload/App.app : 0xe8008016 (The executable was signed with invalid entitlements.)\n",
        "0xe8008016",
    ),
    _one(
        "DebianArch64/DebProvision#223",
        f"←[0mfailed installing: receive packet: ApplicationVerificationFailed (Failed to verify code signature of {_STAGING}/temp.Y0Uwr2/extracted/Payload/Example.app : 0xe8008017 (A signed resource has been added, modified, or deleted.))\n",
        "0xe8008017",
    ),
    Vector(
        "plaid/deprecated-link#238",
        f"Mar 27 11:12:48 Adas-iPhone installd(MobileSystemServices)[3504] <Notice>: 0x16ee9f000 +[MICodeSigningVerifier _validateSignatureAndCopyInfoForURL:withOptions:error:]: 147: Failed to verify code signature of /private{_STAGING}/temp.IoDAUO/extracted/Payload/Roger.app/Frameworks/LinkKit.framework : 0xe8008017 (A signed resource has been added, modified, or deleted.)\n"
        f'Mar 27 11:12:49 Adas-iPhone installd(MobileSystemServices)[3504] <Notice>: 0x16efb7000 -[MIClientConnection updatePlaceholderMetadataForApp:installType:failureReason:underlyingError:failureSource:completion:]: Update placeholder metadata requested by client installcoordinationd (pid 1516) for app com.example.roger installType = 1 failureReason = 2 underlyingError = Error Domain=MIInstallerErrorDomain Code=13 "Failed to verify code signature of /private{_STAGING}/temp.IoDAUO/extracted/Payload/Roger.app/Frameworks/LinkKit.framework : 0xe8008017 (A signed resource has been added, modified, or deleted.)" UserInfo={{NSLocalizedDescription=Fai\n',
        _ONE,
        _FAILED,
        "0xe8008017",
    ),
    Vector(
        "akemin-dayo/AppSync#99",
        "默认\t08:53:01.000000+080543\t 0x581000 -[MIInstaller performInstallationWithError:]: Installing <MIInstallableBundle ID=com.example.birds; Version=5.3.1, ShortVersion=5.3.1>\n"
        "默认\t09:53:02.000000+0800\t unrecognized status -25293 from codesigning library\n"
        "默认\t08:53:02.000000+080543\t 0x581000 -[MICodeSigningVerifier performValidationWithError:]: 192: Failed to verify code signature of <MIExecutableBundle : path = /private/var/mobile/Library/Caches/com.apple.mobile.installd.staging/temp.nSm1fA/extracted/Payload/Birds.app identifier = com.example.birds type = User App> : 0xe8008001 (Unknown error)\n"
        "默认\t09:53:02.000000+0800\t 0x581000 -[MIInstaller performInstallationWithError:]: Verification stage failed\n",
        (("install-failed", "error", 3),),
        _FAILED,
        "0xe8008001",
    ),
    Vector(
        "jrendel/SwiftKeychainWrapper#150",
        "Failed to load Info.plist from bundle at path /Users/ada/Library/Developer/CoreSimulator/Devices/...MyApp/Frameworks/Example.framework\n"
        "Domain: MIInstallerErrorDomain\nCode: 35\nUser Info: {\n"
        '    FunctionName = "-[MIBundle _validateWithError:]";\n    LegacyErrorString = PackageInspectionFailed;\n',
        (("install-failed", "error", 3), ("install-failed", "error", 6)),
        (("install", "failed"),),
        "no Info.plist that can be read",
    ),
    Vector(
        "SquaredTiki/Dringend-Issues#48",
        "Mar 31 16:57:17 Adas-iPad wirelessproxd[2108] <Notice>: (Note ) Created WPTransfer Object for touchsetupd with daemon <DaemonBluetooth: 0x126d0a7d0>\n"
        "Mar 31 16:57:20 Adas-iPad itunesstored[2126] <Warning>: LaunchServices: installing placeholder for com.example.TextView\n"
        'Mar 31 16:57:20 Adas-iPad installd[2105] <Notice>: 0x10050c000 handle_install_for_ls: Install of "/var/mobile/Library/Caches/com.apple.itunesstored/AppPlaceholders/-8337678227340918792.app" requested by itunesstored\n'
        "Mar 31 16:57:20 Adas-iPad installd[2105] <Notice>: 0x10050c000 MobileInstallationInstall_Server: Installing app com.example.TextView\n"
        "Mar 31 16:57:20 Adas-iPad installd[2105] <Notice>: 0x10050c000 install_application: Installing placeholder\n"
        "Mar 31 16:57:20 Adas-iPad installd[2105] <Notice>: 0x10050c000 MobileInstallationInstall_Server: Staging: 0.01s; Waiting: 0.00s; Installation: 0.18s; LS Sync: 0.00s; Overall: 0.25s\n",
        (("no-complete-install", "error", 0),),
        (("install", "unknown"),),
    ),
    Vector(
        "Sophrinix/xcode-build-to-device#4",
        'Aug  9 11:45:12 Adas-iPhone installd[54] <Error>: 0x2ffe9000 handle_install: Install of "/var/mobile/Media/PublicStaging/Score Chores.app" requested by mobile_installation_proxy\n'
        "Aug  9 11:45:13 Adas-iPhone installd[54] <Error>: 0x2ffe9000 MobileInstallationInstall_Server: Installing app com.example.dev\n"
        "Aug  9 11:45:14 Adas-iPhone installd[54] <Error>: Aug  9 11:45:14  SecTrustEvaluate  [leaf CriticalExtensions IssuerCommonName]\n"
        "Aug  9 11:45:16 Adas-iPhone installd[54] <Error>: entitlement 'aps-environment' has value not permitted by a provisioning profile\n"
        "Aug  9 11:45:16 Adas-iPhone installd[54] <Error>: entitlement 'aps-environment' has value not permitted by a provisioning profile\n"
        "Aug  9 11:45:17 Adas-iPhone installd[54] <Error>: 0x2ffe9000 MobileInstallationInstall_Server: Staging: 0.43s; Waiting: 0.00s; Installation: 4.50s; LS Sync: 0.01s; Overall: 5.02s\n",
        (),
        (("install", "installed"),),
    ),
    Vector(
        "nowsecure/node-applesign#128",
        'Sep 14 10:37:01 securityd[115] <Notice>: trustd[109]/1#12 LF=0 copy_parent_certificates Error Domain=NSOSStatusErrorDomain Code=-34018 "Client has neither application-identifier nor keychain-access-groups entitlements" UserInfo={numberOfErrorsDeep=0}\n'
        "Sep 14 10:37:02 cloudd(CFNetwork)[143] <Notice>: Connection 1180: asked to evaluate TLS Trust\n"
        "Sep 14 10:37:02 installd(libmis.dylib)[195] <Notice>: Local Profile '<private>' has non-matching application-identifier.\n",
        (("no-complete-install", "error", 0), ("install-failed", "warning", 3)),
        (("install", "unknown"),),
    ),
    _one(
        "nowsecure/node-applesign#93",
        "Error 0xe8008001: An unknown error has occurred. AMDeviceSecureInstallApplication(0, device, url, options, install_callback, 0)\n",
        "no reason is given",
    )._replace(found=(("install", "failed"),)),
    _one(
        "ios-control/ios-deploy#281",
        "2017-02-06 19:17:43.391 ios-deploy[46408:1772945] [ !! ] Error 0xe8008016: The executable was signed with invalid entitlements. AMDeviceSecureInstallApplication(0, device, url, options, install_callback, 0)\n",
        "0xe8008016",
    )._replace(found=(("install", "failed"),)),
    _one(
        "DanTheMan827/ios-app-signer#71",
        "The entitlements specified in your application’s Code Signing Entitlements file are invalid, not permitted, or do not match those specified in your provisioning profile. (0xE8008016).\n",
        "0xe8008016",
    )._replace(found=(("install", "failed"),)),
    _one(
        "Defying/TweakPatcher#31",
        "2016-04-12 11:33:17.502 ios-deploy[7700:280337] [ !! ] Error 0xe8008016: The entitlements specified in your application’s Code Signing Entitlements file do not match those specified in your provisioning profile. AMDeviceSecureInstallApplication(0, device, url, options, install_callback, 0)\n",
        "0xe8008016",
    )._replace(found=(("install", "failed"),)),
    _one(
        "libimobiledevice/libimobiledevice#324",
        '\t{ 0xe8008013, "This provisioning profile does not have a valid signature (or it has a valid, but untrusted signature)." },\n',
        "not signed by Apple",
    )._replace(found=(("install", "failed"),)),
    _one(
        "Sn0wCooder/libimobiledevice-compiled-windows#1",
        "Could not get installed profiles from device, status code: 0xe800800d\n",
        "could not talk to each other",
    )._replace(found=(("install", "failed"),)),
    Vector(
        "altstoreio/AltStore#1652, a code that was copied wrongly",
        "It won't let me install alstore “0xe800815” error code\n",
        (("unknown-error-code", "error", 1),),
        (("install", "failed"),),
        "The meaning of 0xe800815 is not known here",
    ),
    _one(
        "altstoreio/AltStore#261",
        "The operation couldn’t be completed. (kCFErrorDomainCFNetwork error -1200.)\n",
        "how any install ended",
    )._replace(
        problems=(("no-complete-install", "error", 0), ("install-failed", "warning", 1)), found=(("link", "unknown"),)
    ),
    _one(
        "www.bignerdranch.com/blog/signings-of-the-times",
        "installd <Error>: entitlement 'get-task-allow' has value not permitted by a provisioning profile\n",
        "An entitlement has a value",
    )._replace(
        problems=(("no-complete-install", "error", 0), ("install-failed", "warning", 1)),
        found=(("install", "unknown"),),
        says="",
    ),
    Vector(
        "ravik2015/react-native-navigation-starter-kit, README",
        "An error was encountered processing the command (domain=IXUserPresentableErrorDomain, code=1):\n"
        "This app could not be installed at this time.\n"
        "Underlying error (domain=MIInstallerErrorDomain, code=35):\n    Failed to load Info.plist from bundle at path\n",
        (("install-failed", "error", 3),),
        (("install", "failed"),),
        "no Info.plist that can be read",
    ),
    Vector(
        "ElliotGarbus/kivyforge, its notes",
        "ERROR: Failed to install the app on the device. (com.apple.dt.CoreDeviceError error 3002 (0xBBA))\n"
        "           Unable to Install “Example” (IXUserPresentableErrorDomain error 14 (0x0E))\n"
        "           NSLocalizedRecoverySuggestion = Failed to install embedded profile for org.example.hello : 0xe8008012 (This provisioning profile cannot be installed on this device.)\n",
        (("install-failed", "error", 3),),
        _FAILED,
        "0xe8008012",
    ),
    Vector(
        "a note on an app of Tauri, public documentation",
        'Unable to Install "Lunch"\nDomain: IXUserPresentableErrorDomain\nCode: 14\n'
        "Recovery Suggestion: Failed to install embedded profile for com.example.lunch : 0xe800801f (Attempted to install a Beta profile without the proper entitlement.)\n"
        "- MIInstallerErrorDomain Code 13\n- LibMISErrorNumber: -402620385\n",
        (("install-failed", "error", 4),),
        _FAILED,
        "a profile of the App Store or TestFlight",
    ),
    Vector(
        "a note on StoreKit, public source",
        '2021-04-06 02:04:26.229094+0900 Fridge[2884:598926] <SKPaymentQueue: 0x280764060>: Payment completed with error: Error Domain=ASDErrorDomain Code=500 "Unhandled exception" UserInfo={NSUnderlyingError=0x280bd9920 {Error Domain=AMSErrorDomain Code=100 "Authentication Failed" UserInfo={NSLocalizedFailureReason=The verify credentials call failed.}}}\n',
        (("no-complete-install", "error", 0),),
        (),
    ),
    Vector(
        "a note on StoreKit, public notes",
        'error    12:56:51.322408-0800    storekitd    [7961e509] Failed to fetch message: Error Domain=AMSErrorDomain Code=301 "Invalid Status Code The response has an invalid status code" UserInfo={AMSURL=https://sandbox.example.com/}\n',
        (("no-complete-install", "error", 0),),
        (),
    ),
    Vector(
        "a blog on umbrella frameworks",
        f'Mar 26 21:26:20 Adas-iPhone streaming_zip_conduit[286] <Notice>: dispatch_source_read_socket_block_invoke:312: Failed to install application at file:///var/mobile/Media/PublicStaging/Hello.app/ : Error Domain=MIInstallerErrorDomain Code=13 "Failed to verify code signature of /private{_STAGING}/temp.6tSyP1/extracted/Hello.app/Frameworks/My.framework : 0xe8008001 (An unknown error has occurred.)" UserInfo={{NSLocalizedDescription=Failed to verify code si\n',
        _ONE,
        _FAILED,
        "0xe8008001",
    ),
    Vector(
        "appium/appium-xcuitest-driver, a comment in real-device-management.js",
        '[XCUITest] Error installing app \'/path/to.app\': Unexpected data: {"Error":"MismatchedApplicationIdentifierEntitlement","ErrorDescription":"Upgrade\'s application-identifier entitlement string (TEAM_ID.com.example.app) does not match installed application\'s application-identifier string (ANOTHER_TEAM_ID.com.example.app); rejecting upgrade."}\n',
        _ONE,
        (("install", "failed"),),
        "the same identifier and another team",
    ),
)

_LOG = "mobile_installation.log, as a forensic tool and a research log quote it"
INSTALLATION: tuple[Vector, ...] = (
    Vector(
        _LOG,
        "Fri Oct  3 15:29:09 2025 [829] <notice> (0x16d16b000) -[MIInstaller _installInstallable:containingSymlink:error:]: Installing <MIInstallableBundle ID=com.example.video; Persona=PERSONA-1, Version=20.39.6, ShortVersion=20.39.6>\n"
        "Fri Oct  3 15:29:14 2025 [829] <notice> (0x16d16b000) -[MIInstaller performInstallationWithError:]: Install Successful for (Customer:com.example.video); Overall: 6.48s\n",
        (),
        (("install", "installed"),),
    ),
    Vector(
        f"{_LOG}: only the grey icon",
        "Mon Apr  7 06:13:34 2025 [234] <err> (0x16b48f000) -[MIInstaller _onRegistrationQueue_registerInstalledInfo:error:]: Successfully registered [org.example.chat/PersonalPersonaPlaceholderString] for 501\n"
        "Mon Apr  7 06:13:34 2025 [234] <notice> (0x16b48f000) -[MIInstaller performInstallationWithError:]: Install Successful for (Placeholder:org.example.chat); Staging: 0.01s; Waiting: 0.00s; Preflight/Patch: 0.00s, Verifying: 0.01s; Overall: 0.14s\n",
        (("no-complete-install", "error", 0),),
        (("package", "unknown"),),
    ),
    Vector(
        "flutter, a log of installd in its documentation",
        'installd[114] <Notice>: -[MIClientConnection updatePlaceholderMetadataForApp:installType:failureReason:underlyingError:failureSource:completion:]: Update placeholder metadata requested by client installcoordinationd (pid 117 (501/501)) for app com.example.flutterHello installType = 7 failureReason = 14 underlyingError = Error Domain=MIInstallerErrorDomain Code=13 "This device has reached the maximum number of installed apps using a free developer profile: {(\n',
        _ONE,
        _FAILED,
        "could not verify the app",
    ),
)

DOWNLOADER = "com.apple.appstored/1.0 iOS/14.4.2 model/iPhone13,1 hwp/t8101 build/18D70 (6; dt:228) AMS/1"

ACCESS: tuple[Vector, ...] = (
    Vector(
        "SignTools/SignTools#36 (Echo's JSON)",
        '{"time":"2021-04-07T08:51:21.8639162-04:00","id":"","remote_ip":"192.0.2.1","host":"apps.example.com","method":"GET","uri":"/apps/1df97ec4-9f61-4a58-acb9-bd4cb8293fab/manifest","user_agent":"'
        + DOWNLOADER
        + '","status":200,"error":"","latency":1394200,"latency_human":"1.3942ms","bytes_in":0,"bytes_out":1238}\n',
        (("no-complete-install", "error", 0), ("no-package-request", "warning", 1)),
        (("manifest", "unknown"),),
    ),
    Vector(
        "micromdm/micromdm#834 (logfmt)",
        'transport=http method=GET status=404 proto=HTTP/2.0 host=192.0.2.44 user_agent="dmd/67 CFNetwork/1333.0.4 Darwin/21.5.0" path=/manifest.plist\n',
        (("http-status", "error", 1),),
        (("manifest", "failed"),),
        "status 404",
    ),
    Vector(
        "a program that counts downloads, public source (Apache, Common)",
        '192.0.2.67 - - [25/May/2015:11:03:16 -0700] "GET /beinghappy/ios-labs/HappyLabs.ipa HTTP/1.1" 200 29874597\n',
        (("not-checked", "warning", 1),),
        (("download", "delivered"),),
    ),
    Vector(
        "a program that counts downloads, public source (nginx, Combined)",
        '192.0.2.67 - - [12/Jul/2015:18:22:49 -0700] "GET /ios-labs/HappyLabs.ipa HTTP/1.1" 200 31821220 "-" "itunesstored/1.0 iOS/8.2 model/iPhone4,1 build/12D508 (6; dt:73)"\n',
        (("not-checked", "warning", 1),),
        (("download", "delivered"),),
    ),
    Vector(
        "micromdm's documentation: a Mac, which is not a device's downloader",
        '10.0.0.1 - - [01/May/2017:15:34:58 +0000] "GET /repo/munkitools.plist HTTP/1.1" 200 754 "" "MacAppStore/2.2 (Macintosh; OS X 10.12.3; 16D30) AppleWebKit/2602.4.8"\n'
        '10.0.0.1 - - [01/May/2017:15:34:59 +0000] "GET /repo/munkitools.pkg HTTP/1.1" 200 730798 "" "MacAppStore/2.2 (Macintosh; OS X 10.12.3; 16D30) AppleWebKit/2602.4.8"\n',
        (("no-complete-install", "error", 0),),
        (),
        "Only browsers and other programs",
    ),
)

ALL = (*DEVICE, *INSTALLATION, *ACCESS)
