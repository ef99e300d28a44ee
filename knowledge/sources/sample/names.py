"""Words that names are put together from. No real person or company is meant."""


def _words(text: str) -> list[str]:
    return text.split()


FIRST = _words(
    "Aaliyah Adaeze Adrian Agnieszka Ahmed Aiko Akira Alejandra Alexander Amara Amelia Amina Ana "
    "Anders Andrea Anika Anjali Antonio Arjun Astrid Ayesha Beatriz Benjamin Bianca Bjorn Bruno "
    "Camila Carlos Caroline Catalina Chen Chidi Chloe Clara Daichi Daniel Daniela David Deepa "
    "Diego Divya Dmitri Eduardo Elena Elif Eliza Emeka Emil Emma Enrique Erik Esther Fatima "
    "Felipe Fiona Francesca Freya Gabriel Georgia Giulia Grace Gustavo Hana Hannah Haruto Hassan "
    "Helena Hiroshi Hugo Ibrahim Ines Ingrid Isabel Ivan Jack James Jasmine Javier Jia Jonas "
    "Joseph Julia Kamal Karin Katarzyna Kavya Keiko Kenji Khalid Kofi Kwame Lara Lars Laura Leila "
    "Leon Liam Lin Lucas Lucia Luis Magnus Malik Marco Maria Marta Mateo Maya Mei Michael Miguel "
    "Mina Mohamed Monika Nadia Naomi Nathan Ngozi Nia Nikhil Nina Noah Noor Oliver Olivia Omar "
    "Oscar Pablo Patricia Pavel Petra Priya Rafael Rahul Rania Ravi Rebecca Ricardo Rosa Samir "
    "Samuel Sana Sara Sebastian Shreya Sofia Stefan Sven Tariq Thandi Theo Thomas Tomas Valentina "
    "Victor Vikram Wei William Yara Yasmin Yuki Yusuf Zainab Zofia"
)

LAST = _words(
    "Abara Abebe Adeyemi Aguilar Ahlberg Akhtar Almeida Alvarez Andersen Anand Aoki Araujo Asante "
    "Aydin Bakker Banerjee Barbosa Bauer Becker Bello Bergman Bhatt Bianchi Blanco Boateng Borges "
    "Brandt Brennan Campos Cardoso Carvalho Castillo Chakraborty Chang Chaudhry Cheng Choi "
    "Cohen Conti Cooper Cruz Dahl Das Dawson Delgado Demir Deshpande Diaz Dlamini Dubois Duarte "
    "Eriksen Espinoza Evans Farah Fernandes Ferrari Fischer Flores Fofanah Fontaine Fournier "
    "Fraser Fujita Gallo Garcia Ghosh Gomes Gonzalez Graham Greco Gupta Gustafsson Haddad Hansen "
    "Harris Hashimoto Hassan Hayes Hoffmann Holm Huang Hughes Hussain Ibanez Ishii Iyer Jansen "
    "Jensen Jimenez Johansson Joshi Kaplan Kapoor Kato Kaya Keller Khan Kim Kimura Klein Kobayashi "
    "Kowalski Kozak Kruger Kumar Laine Lambert Larsen Laurent Lehmann Leroy Levy Lim Lindgren Liu "
    "Lombardi Lopez Lund Mabaso Malik Mancini Marin Marques Martin Matsuda Mbeki Medina Mehta "
    "Mendes Mensah Meyer Mishra Mitchell Moreau Moreno Mori Morris Mukherjee Muller Murphy Mutua "
    "Nair Nakamura Navarro Nguyen Nielsen Novak Nunes Nwosu Obi Okafor Oliveira Olsen Ortiz Osei "
    "Otieno Owens Ozturk Pappas Park Patel Pereira Petrov Pham Pinto Popescu Powell Qureshi Raman "
    "Ramirez Rao Reddy Reid Reyes Ricci Rivera Romano Rossi Rubio Ruiz Saito Salazar Santos Sato "
    "Schmidt Schneider Sharma Shimizu Silva Simmons Singh Soto Suzuki Svensson Takeda Tan Tanaka "
    "Torres Tran Tsai Turner Ueda Vargas Varga Vasquez Verma Vieira Virtanen Vogel Wagner Walsh "
    "Wang Weber Wong Wood Wright Yamada Yang Yilmaz Zhang Zhou Zimmermann"
)

STEM_STARTS = _words(
    "Alder Arc Ash Bel Birch Bran Bryn Cal Cinder Cor Crest Dal Dray Elder Em Ever Fal Fen Gal "
    "Glen Hal Harrow Hel Iron Jun Kel Kest Lark Lin Lor Mar Mer Mon Nor Oak Or Pel Quil Rav Row "
    "Sal Ster Tal Thorn Tor Ul Val Ver Wex Wil Yar Zan"
)
STEM_ENDS = _words(
    "amere ane ara aster aven bridge brook by dale den ello enor era field ford gate grove haven "
    "helm hurst ia ic illo io ison ix land lia low lux mere mont nova on ora point ridge rise "
    "side stead ston ton tra va vale vara view ward way well wick wyn"
)

INDUSTRY_WORDS = {
    "Software": ("Systems", "Software", "Labs", "Cloud", "Data", "Digital", "Apps", "Networks"),
    "Manufacturing": (
        "Manufacturing",
        "Industries",
        "Works",
        "Components",
        "Machining",
        "Fabrication",
        "Tooling",
        "Materials",
    ),
    "Healthcare": (
        "Health",
        "Clinics",
        "Medical",
        "Care",
        "Diagnostics",
        "Hospitals",
        "Therapeutics",
        "Wellness",
    ),
    "Financial Services": (
        "Capital",
        "Bank",
        "Insurance",
        "Finance",
        "Credit",
        "Partners",
        "Trust",
        "Payments",
    ),
    "Retail": ("Retail", "Stores", "Market", "Goods", "Outfitters", "Brands", "Trading", "Home"),
    "Professional Services": (
        "Consulting",
        "Advisory",
        "Legal",
        "Associates",
        "Group",
        "Services",
        "Staffing",
        "Audit",
    ),
    "Logistics": (
        "Logistics",
        "Freight",
        "Shipping",
        "Transport",
        "Supply",
        "Lines",
        "Cargo",
        "Warehousing",
    ),
    "Education": (
        "College",
        "University",
        "Academy",
        "Learning",
        "Schools",
        "Institute",
        "Campus",
        "Education",
    ),
}

TITLES = {
    "Operations Leader": ("VP Operations", "Director of Operations", "Head of Business Operations"),
    "IT Manager": ("IT Manager", "Director of IT", "Enterprise Applications Manager"),
    "Finance Leader": ("CFO", "Finance Director", "Head of Procurement"),
    "Executive": ("CEO", "COO", "Managing Director"),
    "End User": ("Operations Analyst", "Project Coordinator", "Process Specialist"),
    "Consultant": ("Independent Consultant", "Process Consultant", "Freelance Advisor"),
    "Student / Researcher": ("Graduate Student", "Research Assistant", "Lecturer"),
}
FREE_MAIL = ("mailpost.example", "inboxly.example", "webmail.example")
