"""Kinds of the invented catalogue's electronics department."""

from t2po_gym.envs.webshop.generate.vocabulary import Department, Kind
from t2po_gym.envs.webshop.generate.vocabulary_attributes import ATTRIBUTES
from t2po_gym.envs.webshop.generate.vocabulary_options import POOLS

_shop = Department("electronics", attributes=ATTRIBUTES, pools=POOLS, option_percent=22)

_shop.kind(
    "bluetooth speakers",
    "Electronics > Portable Audio & Video > Portable Speakers",
    (16, 260),
    heads="Bluetooth *Speaker; Portable *Speaker; Wireless *Speaker",
    aliases="Wireless *Soundbox; Portable *Boombox",
    styles="Outdoor; Mini; *Party; *Bookshelf; Rugged; *Retro",
    attributes="water resistant; dust proof; fast charging; shock absorbing; hands free; "
    "voice activated; usb port; stereo sound; rechargeable battery; built-in microphone; "
    "carrying case; road trips",
    options="color=device; style=bundle",
    tails="20 *Watt; 24 *Hour *Playtime",
    option_percent=40,
)
_shop.kind(
    "headphones",
    "Electronics > Headphones > Over-Ear Headphones",
    (14, 340),
    heads="*Headphones; Over Ear *Headset; Wireless *Headphones",
    aliases="Wireless *Headset; Over-*Ear *Buds",
    styles="Studio; Foldable; Lightweight; *Gaming; Closed-Back; *Hi-*Fi",
    attributes="noise cancelling; hands free; fast charging; voice activated; water resistant; "
    "stereo sound; built-in microphone; rechargeable battery; carrying case; gaming setup; "
    "video calls; touch panel",
    options="color=device",
    tails="40 *Hour *Battery; with *Cable",
    option_percent=42,
)
_shop.kind(
    "screen protectors",
    "Cell Phones & Accessories > Accessories > Maintenance, Upkeep & Repairs > Screen Protectors",
    (5, 28),
    heads="*Screen *Protector; *Privacy *Screen *Protector; *Screen *Film",
    aliases="*Privacy *Film; *Display *Shield",
    styles="Full *Coverage; *Matte; Curved *Edge; Crystal Clear; *Ceramic; Anti-Spy",
    attributes="easy install; high definition; ultra slim; glare free; shock absorbing; "
    "tempered glass; scratch resistant; touch panel; water resistant",
    options="size=packs",
    tails="3-*Pack; with *Alignment *Frame",
)
_shop.kind(
    "hdmi cables",
    "Electronics > Accessories & Supplies > Cables > Video Cables > HDMI Cables",
    (6, 60),
    heads="*HDMI *Cable; *Video *Cable; *HDMI *Cord",
    aliases="*Video *Cord; *Display *Lead",
    styles="Braided; 8K; 4K; Flat; *Fiber *Optic; Right-Angle",
    attributes="high speed; gold plated; plug play; heavy duty; ultra slim; long range; "
    "home theater; gaming setup; cable organizer; high definition",
    options="size=cable; style=kit",
    tails="48 *Gbps; *Male to *Male",
    option_percent=55,
)
_shop.kind(
    "projectors",
    "Electronics > Television & Video > Video Projectors",
    (60, 890),
    heads="Video *Projector; *Movie *Projector; Mini *Projector",
    aliases="*Movie *Beamer; *Cinema *Box",
    styles="Short-*Throw; *Laser; LED; Portable; *Ceiling; Smart",
    attributes="high definition; easy install; plug play; wall mounted; dual band; ultra slim; "
    "remote control; usb port; stereo sound; optical zoom; home theater; carrying case",
    options="style=bundle",
    tails="9500 *Lumens; 120 *Inch *Picture",
    option_percent=15,
)
_shop.kind(
    "digital cameras",
    "Electronics > Camera & Photo > Digital Cameras > Compact Cameras",
    (55, 895),
    heads="Digital *Camera; Compact *Camera; Vlogging *Camera",
    aliases="Vlogging *Camcorder; *Pocket *Cam",
    styles="20MP; 48MP; Underwater; *Instant; Mirrorless; Beginner",
    attributes="high definition; high speed; shock absorbing; water resistant; usb port; "
    "optical zoom; rechargeable battery; built-in microphone; carrying case; touch panel; "
    "bird watching; road trips",
    options="color=device; style=bundle",
    tails="with 32GB *Card; *Kit",
    option_percent=32,
)
_shop.kind(
    "camera lenses",
    "Electronics > Camera & Photo > Lenses > Camera Lenses",
    (70, 880),
    heads="*Camera *Lens; *Prime *Lens; *Zoom *Lens",
    aliases="*Prime *Optic; *Zoom *Glass",
    styles="50mm; 35mm; 85mm; *Telephoto; *Macro; *Fisheye",
    attributes="high definition; ultra slim; dust proof; water resistant; long range; "
    "optical zoom; carrying case; quick release; bird watching; aluminum alloy; heavy duty",
    options="style=lens",
    tails="f/1.8; for *Mirrorless *Mount",
    option_percent=15,
)
_shop.kind(
    "smartwatch bands",
    "Electronics > Wearable Technology > Accessories > Smartwatch Bands",
    (5, 45),
    heads="Smartwatch *Band; *Smartwatch *Strap; *Watch *Band",
    aliases="Replacement *Strap; *Wrist *Loop",
    styles="Silicone; *Milanese; Leather; *Nylon; Woven; *Sport",
    attributes="quick release; easy install; water resistant; ultra slim; stainless steel; "
    "heavy duty; gym workout; dust proof; long lasting",
    options="color=device; size=band",
    tails="for *Men and *Women; with *Buckle",
    option_percent=85,
)
_shop.kind(
    "remote controls",
    "Electronics > Accessories & Supplies > Audio & Video Accessories > Remote Controls",
    (7, 40),
    heads="Universal *Remote *Control; Replacement *Remote; *TV *Remote",
    aliases="*TV *Clicker; *Air *Pointer",
    styles="*Infrared; Backlit; Big *Button; *Air *Mouse; Programmable; Simple",
    attributes="easy install; voice activated; plug play; long range; battery powered; "
    "shock absorbing; home theater; rechargeable battery; hands free; ultra slim",
    options="style=kit",
    tails="No *Setup; for Smart *TV",
    option_percent=10,
)
_shop.kind(
    "binoculars & scopes",
    "Electronics > Camera & Photo > Binoculars & Scopes > Binoculars",
    (22, 480),
    heads="*Binoculars; *Spotting *Scope; *Monocular",
    aliases="Folding *Monocular; *Field *Glasses",
    styles="10x42; 8x32; 12x50; Compact; *Hunting; *Marine",
    attributes="high definition; water resistant; shock absorbing; long range; road trips; "
    "night vision; optical zoom; carrying case; quick release; bird watching; dust proof",
    options="color=device; style=bundle",
    tails="with *Tripod; for *Adults",
    option_percent=18,
)
_shop.kind(
    "tv mounts",
    "Electronics > Television & Video > Television Accessories > TV Mounts",
    (15, 160),
    heads="TV *Mount; *TV *Wall *Mount; *TV *Bracket",
    aliases="*Monitor *Arm; *Wall *Bracket",
    styles="Full *Motion; Tilting; Fixed; Corner; Articulating; *Ceiling",
    attributes="easy install; heavy duty; wall mounted; space saving; height adjustable; "
    "ultra slim; cable organizer; steel frame; home theater; small apartments; quick release",
    options="size=screen; style=mount",
    tails="up to 110 *Pounds; VESA 400",
    option_percent=36,
)
_shop.kind(
    "security cameras",
    "Electronics > Security & Surveillance > Surveillance Cameras",
    (24, 320),
    heads="Security *Camera; Surveillance *Camera; *Doorbell *Camera",
    aliases="Smart *Doorbell; *Baby *Monitor",
    styles="Indoor; Outdoor; Solar; *Dome; Pan-*Tilt; 2K",
    attributes="high definition; easy install; water resistant; dual band; wall mounted; "
    "voice activated; battery powered; long range; night vision; built-in microphone; "
    "power cord; small apartments",
    options="color=device; size=packs",
    tails="with *App; 2 *Way *Audio",
    option_percent=30,
)
_shop.kind(
    "tablet cases",
    "Electronics > Computers & Accessories > Tablet Accessories > Cases",
    (9, 70),
    heads="Tablet *Case; Tablet *Cover; *Keyboard *Case",
    aliases="*Folio *Cover; *Keyboard *Sleeve",
    styles="*Folio; Rugged; Clear; Slim; Trifold; Felt",
    attributes="shock absorbing; ultra slim; heavy duty; easy install; hands free; "
    "faux leather; water resistant; scratch resistant; kids playroom; business travel",
    options="color=device; size=tablet",
    tails="with *Pencil *Holder; with *Stand",
    option_percent=65,
)
_shop.kind(
    "memory cards",
    "Electronics > Computers & Accessories > Memory Cards > Micro SD Cards",
    (6, 120),
    heads="*Memory *Card; *Micro *SD *Card; *Flash *Memory *Card",
    aliases="Micro *SD *Chip; *Flash *Storage",
    styles="U3; A2; *Endurance; Class 10; *Pro; *Dashcam",
    attributes="high speed; plug play; water resistant; shock absorbing; high definition; "
    "heavy duty; dust proof; carrying case; gaming setup; road trips",
    options="size=memory; style=kit",
    tails="with *Adapter; 170 MB/s",
    option_percent=55,
)
_shop.kind(
    "power strips",
    "Electronics > Accessories & Supplies > Power Strips & Surge Protectors",
    (9, 75),
    heads="*Power *Strip; *Surge *Power *Strip; *Power *Tower",
    aliases="*Surge *Protector; *Outlet *Extender",
    styles="8 *Outlet; 12 *Outlet; Flat *Plug; *Desktop; *Cube; Metal",
    attributes="heavy duty; wall mounted; fast charging; space saving; easy install; ultra slim; "
    "usb port; power cord; cable organizer; home office; small apartments",
    options="color=device; size=cable",
    tails="2100 *Joules; ETL Listed",
    option_percent=34,
)
_shop.kind(
    "webcams",
    "Electronics > Computers & Accessories > Webcams",
    (18, 190),
    heads="*Webcam; Streaming *Webcam; *Computer *Camera",
    aliases="Streaming *Cam; *Desktop *Camera",
    styles="1080p; 4K; 60fps; *Autofocus; Wide-*Angle; *Ring *Light",
    attributes="high definition; plug play; easy install; noise cancelling; ultra slim; "
    "built-in microphone; power cord; quick release; video calls; gaming setup; home office",
    options="style=bundle; color=device",
    tails="with *Privacy *Cover; with *Tripod",
    option_percent=14,
)
_shop.kind(
    "phone chargers",
    "Cell Phones & Accessories > Accessories > Chargers & Power Adapters",
    (7, 65),
    heads="*Phone *Charger; Wireless *Charger; *Phone *Charging *Station",
    aliases="Wireless *Dock; *Adapter *Plug",
    styles="Foldable; 3-in-1; Magnetic; *Gallium; *Car; *Bedside",
    attributes="fast charging; plug play; easy install; ultra slim; water resistant; "
    "usb port; power cord; touch panel; road trips; home office; aluminum alloy",
    options="color=device; size=packs",
    tails="65 *Watt; with 6ft *Cord",
    option_percent=32,
)

KINDS: tuple[Kind, ...] = tuple(_shop.kinds)
